import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Priority, type Waiting, WaitQueue } from "../../../src/resilience/wait-queue.js";

interface Item extends Waiting {
  readonly name: number;
}

const item = (name: number, priority: Priority = "default", bytes = 0): Item => {
  return { name, priority, bytes, prev: undefined, next: undefined, queued: false };
};

/** Takes all out in the order in which they are served. */
function drain(queue: WaitQueue<Item>, overloaded = false): number[] {
  const names: number[] = [];
  for (let next = queue.first(overloaded, () => true); next; next = queue.first(overloaded, () => true)) {
    queue.remove(next);
    names.push(next.name);
  }
  return names;
}

describe("how full it is", () => {
  it("is told by the scarcer of number and bytes; an empty one is not full, whatever its limits", () => {
    const queue = new WaitQueue<Item>(4, 100);
    expect(queue.fullness).toBe(0);
    queue.push(item(1, "batch", 10));
    expect(queue.fullness).toBe(0.25);
    queue.push(item(2, "default", 50));
    expect(queue.fullness).toBe(0.6);
    expect(new WaitQueue<Item>(0, 0).fullness).toBe(0);
  });

  it("is full at its last item and its last byte, not before", () => {
    const queue = new WaitQueue<Item>(2, 100);
    expect([queue.canHold(100), queue.canHold(101), new WaitQueue<Item>(0, 100).canHold(0)]).toEqual([
      true,
      false,
      false,
    ]);
    queue.push(item(1, "default", 60));
    expect([queue.fits(40), queue.fits(41)]).toEqual([true, false]);
    queue.push(item(2));
    expect(queue.fits(0)).toBe(false);
  });
});

it("who goes for whom: the newest of the lowest priority, and nobody of one's own", () => {
  const queue = new WaitQueue<Item>(9, 9);
  const [d1, d2, b1, b2] = [item(1), item(2), item(3, "batch"), item(4, "batch")];
  queue.push(d1);
  queue.push(d2);
  expect((["interactive", "default", "batch"] as const).map((each) => queue.lowestBelow(each))).toEqual([
    d2,
    undefined,
    undefined,
  ]);
  queue.push(b1);
  queue.push(b2);
  expect((["interactive", "default", "batch"] as const).map((each) => queue.lowestBelow(each))).toEqual([
    b2,
    b2,
    undefined,
  ]);
});

it("who may not go is passed over, and may leave while asked", () => {
  const queue = new WaitQueue<Item>(9, 9);
  const all = [item(1), item(2), item(3), item(4)];
  for (const each of all) queue.push(each);
  const asked: number[] = [];
  const found = queue.first(false, (each) => {
    asked.push(each.name);
    if (each.name < 3) queue.remove(each);
    return each.name === 4;
  });
  expect([found?.name, asked, queue.size]).toEqual([4, [1, 2, 3, 4], 2]);
  expect(queue.first(false, () => false)).toBeUndefined();
});

it("any order of coming and leaving: three lines, each in order, and the sums are right", () => {
  const priority = fc.constantFrom("interactive" as const, "default" as const, "batch" as const);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ priority, bytes: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ leaves: fc.nat(99) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, overloaded) => {
      const queue = new WaitQueue<Item>(1_000, 10_000);
      const all: Item[] = [];
      let lines: { interactive: Item[]; default: Item[]; batch: Item[] } = { interactive: [], default: [], batch: [] };
      for (const [name, each] of steps.entries()) {
        if ("leaves" in each) {
          const who = all[each.leaves % Math.max(1, all.length)];
          if (!who) continue;
          const present = lines[who.priority].includes(who);
          expect([queue.remove(who), who.queued, who.prev, who.next]).toEqual([present, false, undefined, undefined]);
          lines = { ...lines, [who.priority]: lines[who.priority].filter((other) => other !== who) };
        } else {
          const who = item(name, each.priority, each.bytes);
          all.push(who);
          queue.push(who);
          lines[who.priority].push(who);
        }
        const waiting = [...lines.interactive, ...lines.default, ...lines.batch];
        expect([queue.size, queue.bytes]).toEqual([waiting.length, waiting.reduce((sum, { bytes }) => sum + bytes, 0)]);
        const ahead = [lines.interactive.length, lines.interactive.length + lines.default.length, waiting.length];
        expect((["interactive", "default", "batch"] as const).map((who) => queue.ahead(who))).toEqual(ahead);
      }
      const interactive = overloaded ? [...lines.interactive].reverse() : lines.interactive;
      const expected = [...interactive, ...lines.default, ...lines.batch].map(({ name }) => name);
      expect(drain(queue, overloaded)).toEqual(expected);
      expect([queue.size, queue.bytes]).toEqual([0, 0]);
    }),
    { numRuns: 100 },
  );
});
