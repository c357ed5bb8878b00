import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { type AbortHook, createLimiter, type Leave, type LimiterOptions } from "../../../src/resilience/limiter.js";
import { createVirtualClock, type VirtualClock } from "../../../src/testing/virtual-clock.js";

const limited = new SignalboxError("rate_limit", "429", { status: 429 });
const left = new SignalboxError("cancelled", "left");

function deadlineAt(clock: VirtualClock, atMs: number) {
  return { remainingMs: () => Math.max(0, atMs - clock.now()) };
}

function abortable(): AbortHook & { abort(): void; readonly listeners: number } {
  const listeners = new Set<(reason: SignalboxError) => void>();
  let reason: SignalboxError | undefined;
  return {
    get reason() {
      return reason;
    },
    get listeners() {
      return listeners.size;
    },
    abort() {
      reason = left;
      for (const listener of [...listeners]) listener(left);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function setUp(options: LimiterOptions = {}) {
  const clock = createVirtualClock();
  const limiter = createLimiter(options, { clock });
  const order: string[] = [];
  /** Enters and remembers in which order it got in. */
  const enter = (name: string, more: Parameters<typeof limiter.enter>[0] = {}) => {
    const entered = Promise.resolve(limiter.enter(more)).then((leave) => {
      order.push(name);
      return leave;
    });
    entered.catch(() => {});
    return entered;
  };
  return { clock, limiter, order, enter };
}

describe("without a limit", () => {
  it("lets a thousand in at once, synchronously", () => {
    const { limiter } = setUp();
    const leaves = Array.from({ length: 1_000 }, () => limiter.enter({}));
    expect(leaves.every((leave) => typeof leave === "function")).toBe(true);
    expect(limiter.active).toBe(1_000);
    for (const leave of leaves) (leave as Leave)();
    expect([limiter.active, limiter.limit]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it("learns a limit from the first 429: 8, times 0.7 on each further one", () => {
    const { limiter } = setUp();
    const limits: number[] = [];
    for (let i = 0; i < 8; i++) {
      (limiter.enter({}) as Leave)(limited);
      limits.push(limiter.limit);
    }
    expect(limits).toEqual([8, 5, 3, 2, 1, 1, 1, 1]);
  });

  it("starts no lower than what a 429 leaves of the calls that were running", () => {
    const { limiter } = setUp();
    const leaves = Array.from({ length: 200 }, () => limiter.enter({}) as Leave);
    leaves[0]?.(limited);
    expect(limiter.limit).toBe(140);
    expect(limiter.full).toBe(true);
    for (const leave of leaves.slice(1)) leave(null);
    expect([limiter.active, limiter.full]).toEqual([0, false]);
  });

  it("takes a burst of 429s for one piece of news", () => {
    const { limiter } = setUp();
    const leaves = Array.from({ length: 100 }, () => limiter.enter({}) as Leave);
    for (const leave of leaves) leave(limited);
    expect(limiter.limit).toBe(70);
  });

  it("raises it by one per clean five seconds in which it was reached", async () => {
    const { limiter, clock } = setUp();
    (limiter.enter({}) as Leave)(limited);
    const fill = () => {
      const leaves = Array.from({ length: limiter.limit }, () => limiter.enter({}) as Leave);
      for (const leave of leaves) leave(null);
    };
    fill();
    expect(limiter.limit).toBe(8);
    await clock.advance(5_000);
    fill();
    expect(limiter.limit).toBe(9);
    fill();
    expect(limiter.limit).toBe(9);
    await clock.advance(5_000);
    fill();
    expect(limiter.limit).toBe(10);
    for (let i = 0; i < 4; i++) {
      await clock.advance(5_000);
      (limiter.enter({}) as Leave)(null);
    }
    // Nobody was held back since, so there is nothing to raise it for.
    expect(limiter.limit).toBe(10);
  });

  it("never passes a limit that was set", async () => {
    const { limiter, clock } = setUp({ maxConcurrent: 3 });
    (limiter.enter({}) as Leave)(limited);
    expect(limiter.limit).toBe(2);
    for (let i = 0; i < 10; i++) {
      const leaves = Array.from({ length: limiter.limit }, () => limiter.enter({}) as Leave);
      await clock.advance(5_000);
      for (const leave of leaves) leave(null);
    }
    expect(limiter.limit).toBe(3);
    const fixed = setUp({ maxConcurrent: 3, adaptive: false }).limiter;
    for (let i = 0; i < 9; i++) (fixed.enter({}) as Leave)(limited);
    expect(fixed.limit).toBe(3);
  });
});

describe("the queue", () => {
  it("serves interactive, then default, then batch, each in order", async () => {
    const { enter, order, limiter } = setUp({ maxConcurrent: 1 });
    const leave = await enter("first");
    const all = [
      enter("batch 1", { priority: "batch" }),
      enter("default 1"),
      enter("interactive 1", { priority: "interactive" }),
      enter("batch 2", { priority: "batch" }),
      enter("default 2", { priority: "default" }),
      enter("interactive 2", { priority: "interactive" }),
    ];
    expect(limiter.queued).toBe(6);
    leave();
    for (const entered of [all[2], all[5], all[1], all[4], all[0], all[3]]) (await entered)?.();
    expect(order).toEqual(["first", "interactive 1", "interactive 2", "default 1", "default 2", "batch 1", "batch 2"]);
    expect([limiter.active, limiter.queued, limiter.queuedBytes]).toEqual([0, 0, 0]);
  });

  it("serves the newest interactive call first while it is nearly full", async () => {
    const { enter, order, limiter } = setUp({ maxConcurrent: 1, queueItems: 5 });
    const leave = await enter("running");
    const waiting = [1, 2, 3, 4, 5].map((n) => enter(`i${n}`, { priority: "interactive" }));
    leave();
    (await waiting[4])?.();
    for (const entered of waiting.slice(0, 4)) (await entered)();
    expect(order).toEqual(["running", "i5", "i1", "i2", "i3", "i4"]);
    expect(limiter.active).toBe(0);
  });

  it("refuses what does not fit, by number and by bytes, and says when to come back", async () => {
    const { enter, limiter } = setUp({ maxConcurrent: 1, queueItems: 2, queueBytes: 100 });
    await enter("running");
    enter("a", { bytes: 60 });
    await expect(enter("too much", { bytes: 41 })).rejects.toMatchObject({ kind: "saturated", retryable: true });
    await expect(enter("never", { bytes: 101, priority: "interactive" })).rejects.toMatchObject({ kind: "saturated" });
    enter("b", { bytes: 40 });
    const refused = await enter("c").then(
      () => null,
      (error: SignalboxError) => error,
    );
    expect(refused?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect([limiter.queued, limiter.queuedBytes]).toEqual([2, 100]);
  });

  it("holds 2,000 calls and 64 MiB unless told otherwise", async () => {
    const many = setUp({ maxConcurrent: 1 });
    many.limiter.enter({});
    for (let n = 0; n < 2_000; n += 1) many.enter(`${n}`);
    expect(many.limiter.queued).toBe(2_000);
    await expect(many.enter("one more")).rejects.toMatchObject({ kind: "saturated" });
    const large = setUp({ maxConcurrent: 1 });
    large.limiter.enter({});
    large.enter("all of it", { bytes: 64 * 1024 * 1024 });
    expect(large.limiter.queuedBytes).toBe(67_108_864);
    await expect(large.enter("a byte", { bytes: 1 })).rejects.toMatchObject({ kind: "saturated" });
    await Promise.all([many.clock.advance(5_000), large.clock.advance(5_000)]);
  });

  it("refuses batch when it is more than four fifths full", async () => {
    const { enter } = setUp({ maxConcurrent: 1, queueItems: 10 });
    await enter("running");
    for (let i = 0; i < 8; i++) enter(`d${i}`);
    const last = enter("batch ok", { priority: "batch" });
    await expect(enter("batch", { priority: "batch" })).rejects.toMatchObject({ kind: "saturated" });
    let settled = false;
    last.then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    await Promise.resolve();
    expect(settled).toBe(false);
  });

  it("lets a higher priority take the place of the newest of the lowest one", async () => {
    const { enter, limiter } = setUp({ maxConcurrent: 1, queueItems: 3 });
    await enter("running");
    const old = enter("old batch", { priority: "batch" });
    const young = enter("young batch", { priority: "batch" });
    enter("default");
    enter("interactive", { priority: "interactive" });
    await expect(young).rejects.toMatchObject({ kind: "saturated" });
    enter("default 2");
    await expect(old).rejects.toMatchObject({ kind: "saturated" });
    await expect(enter("default 3")).rejects.toMatchObject({ kind: "saturated" });
    expect(limiter.queued).toBe(3);
  });

  it("lets nobody wait longer than the queue's time, batch excepted", async () => {
    const { enter, clock, limiter } = setUp({ maxConcurrent: 1 });
    await enter("running");
    const usual = enter("usual");
    const batch = enter("batch", { priority: "batch" });
    await clock.advance(4_999);
    expect(limiter.queued).toBe(2);
    await clock.advance(1);
    await expect(usual).rejects.toMatchObject({ kind: "timeout", detail: "queue" });
    await clock.advance(1_000_000);
    expect(limiter.queued).toBe(1);
    batch.catch(() => {});
  });

  it("sends away at once whoever cannot be served before its deadline", async () => {
    const { enter, clock, limiter } = setUp({ maxConcurrent: 1 });
    const first = await enter("measured");
    await clock.advance(2_000);
    first(null);
    const running = await enter("running");
    const soon = deadlineAt(clock, clock.now() + 3_900);
    await expect(enter("hopeless", { deadline: soon })).rejects.toMatchObject({ kind: "saturated" });
    const fits = enter("fits", { deadline: deadlineAt(clock, clock.now() + 4_200) });
    expect(limiter.queued).toBe(1);
    // It leaves as soon as its own call would no longer end in time, not when the deadline is there.
    await clock.advance(2_150);
    expect(limiter.queued).toBe(1);
    await clock.advance(100);
    await expect(fits).rejects.toMatchObject({ kind: "saturated" });
    running();
    expect([limiter.active, limiter.queued, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it("learns nothing from a place that was given back unused", async () => {
    const { enter, clock } = setUp({ maxConcurrent: 1 });
    const first = await enter("measured");
    await clock.advance(2_000);
    first(null);
    for (let n = 0; n < 20; n += 1) (await enter("unused"))();
    const running = await enter("running");
    const soon = deadlineAt(clock, clock.now() + 3_900);
    await expect(enter("hopeless", { deadline: soon })).rejects.toMatchObject({ kind: "saturated" });
    running();
  });

  it("says whether there is room, and lets nobody past those who wait", async () => {
    const { enter, limiter } = setUp({ maxConcurrent: 1 });
    expect(limiter.hasRoom()).toBe(true);
    const first = await enter("first");
    const second = enter("second");
    expect(limiter.hasRoom()).toBe(false);
    first();
    expect(limiter.hasRoom()).toBe(false);
    (await second)();
    expect(limiter.hasRoom()).toBe(true);
  });

  it("lets cancelled calls go at once and keeps no timer, listener or place of theirs", async () => {
    const { enter, clock, limiter } = setUp({ maxConcurrent: 1, queueItems: 1 });
    const leave = await enter("running");
    const hook = abortable();
    const waiting = enter("waiting", { abort: hook, bytes: 10 });
    expect([hook.listeners, clock.pendingTimers, limiter.queued]).toEqual([1, 1, 1]);
    hook.abort();
    await expect(waiting).rejects.toBe(left);
    expect([hook.listeners, clock.pendingTimers, limiter.queued, limiter.queuedBytes]).toEqual([0, 0, 0, 0]);
    const next = enter("next");
    leave();
    (await next)();
    expect(limiter.active).toBe(0);
    await expect(Promise.resolve(limiter.enter({ abort: hook }))).rejects.toBe(left);
  });

  it("takes a place back once, however often it is given", () => {
    const { limiter } = setUp({ maxConcurrent: 2 });
    const leave = limiter.enter({}) as Leave;
    limiter.enter({});
    leave();
    leave();
    leave(limited);
    expect([limiter.active, limiter.limit]).toEqual([1, 2]);
  });
});

describe("known limits per minute", () => {
  it("show as headroom and refill evenly", async () => {
    const { limiter, clock } = setUp({ rpm: 60, tpm: 1_000 });
    expect(limiter.headroom).toBe(1);
    for (let i = 0; i < 30; i++) limiter.enter({ tokens: 10 });
    expect(limiter.headroom).toBeCloseTo(0.5);
    limiter.enter({ tokens: 600 });
    expect(limiter.headroom).toBeCloseTo(0.1);
    limiter.enter({ tokens: 5_000 });
    expect(limiter.headroom).toBe(0);
    await clock.advance(600_000);
    expect(limiter.headroom).toBe(1);
  });
});

type Step =
  | {
      readonly type: "enter";
      readonly priority: "interactive" | "default" | "batch";
      readonly bytes: number;
      readonly inMs: number;
      readonly model: 0 | 1;
    }
  | { readonly type: "leave"; readonly which: number; readonly limited: boolean }
  | { readonly type: "abort"; readonly which: number }
  | { readonly type: "cool"; readonly model: 0 | 1; readonly ms: number }
  | { readonly type: "advance"; readonly ms: number };

const which = fc.nat(1_000);
const model = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("enter" as const),
      priority: fc.constantFrom("interactive" as const, "default" as const, "batch" as const),
      bytes: fc.nat(60),
      inMs: fc.integer({ min: 1, max: 20_000 }),
      model,
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("leave" as const), which, limited: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("abort" as const), which }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.nat(4_000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cool" as const), model, ms: fc.nat(8_000) }) },
);

describe("whatever happens", () => {
  it("no place leaks, no limit is passed, everybody is answered once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 80, size: "max" }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, maxConcurrent) => {
          const { clock, limiter } = setUp({ maxConcurrent, queueItems: 6, queueBytes: 150 });
          const inside: Leave[] = [];
          const hooks: ReturnType<typeof abortable>[] = [];
          /** Until when nobody may call a model, and how many wait for it. */
          const coolUntilMs = [0, 0];
          const waiting = [0, 0];
          const readyToGo = () => waiting.some((n, at) => n > 0 && (coolUntilMs[at] as number) <= clock.now());
          let entered = 0;
          let admitted = 0;
          let refused = 0;
          for (const s of steps) {
            if (s.type === "advance") await clock.advance(s.ms);
            else if (s.type === "leave")
              inside.splice(s.which % Math.max(1, inside.length), 1)[0]?.(s.limited ? limited : null);
            else if (s.type === "abort") hooks[s.which % Math.max(1, hooks.length)]?.abort();
            else if (s.type === "cool")
              coolUntilMs[s.model] = Math.max(coolUntilMs[s.model] as number, clock.now() + s.ms);
            else {
              entered++;
              const hook = abortable();
              hooks.push(hook);
              const deadline = deadlineAt(clock, clock.now() + s.inMs);
              const readyAtMs = () => coolUntilMs[s.model] as number;
              const entrant = { priority: s.priority, bytes: s.bytes, abort: hook, deadline, readyAtMs };
              waiting[s.model] = (waiting[s.model] as number) + 1;
              const through = () => {
                waiting[s.model] = (waiting[s.model] as number) - 1;
              };
              Promise.resolve(limiter.enter(entrant)).then(
                (leave) => {
                  through();
                  expect(readyAtMs()).toBeLessThanOrEqual(clock.now());
                  admitted++;
                  inside.push(leave);
                },
                () => {
                  through();
                  refused++;
                },
              );
            }
            await clock.settle();
            expect(limiter.active).toBe(inside.length);
            expect(limiter.active).toBeLessThanOrEqual(maxConcurrent);
            expect(limiter.queued).toBeLessThanOrEqual(6);
            expect(limiter.queuedBytes).toBeLessThanOrEqual(150);
            expect(readyToGo() && limiter.active < limiter.limit).toBe(false);
            expect(admitted + refused + limiter.queued).toBe(entered);
          }
          for (let round = 0; inside.length > 0 || limiter.queued > 0; round++) {
            inside.shift()?.();
            await clock.advance(1_000);
            expect(round).toBeLessThan(200);
          }
          expect([limiter.active, limiter.queued, limiter.queuedBytes, clock.pendingTimers]).toEqual([0, 0, 0, 0]);
          expect(hooks.every((hook) => hook.listeners === 0)).toBe(true);
        },
      ),
      { numRuns: 80 },
    );
  });
});
