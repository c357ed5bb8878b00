import { createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, scriptedProvider, testModel } from "signalbox/testing";
import { describe, expect, it } from "vitest";

/** Two kinds of text that share no words within a kind; the embedding tells the kinds apart, words cannot. */
const word = (seed: number): string => `w${(seed * 7_919) % 99_991}x`;
const textOf = (kind: number, index: number): string => `${word(2 * index + kind)} ${word(50_000 + 2 * index + kind)}`;
const kindOf = new Map<string, number>();
const textsOf = (count: number, from = 0): [string, number][] =>
  Array.from({ length: count }, (_, index) => {
    const kind = index % 2;
    const text = textOf(kind, from + index);
    kindOf.set(text, kind);
    return [text, kind];
  });
const vectorOf = (text: string): number[] => {
  const kind = kindOf.get(text) ?? 0;
  return Array.from({ length: 32 }, (_, index) => Math.sin(index * (kind === 0 ? 1 : 2.7)) + 0.1 * Math.cos(index));
};

function rig(embed: RouterOptions["embed"], clock = createVirtualClock()) {
  const providers = ["a", "b"].map((id) => scriptedProvider({ id, models: [testModel("m")], clock }));
  return { router: createRouter({ providers, clock, embed, random: () => 0.5 }), clock };
}

const rows = (texts: readonly [string, number][]) =>
  texts.map(([prompt, kind]) => ({ prompt, taskType: "x", scores: { "a/m": kind === 0 ? 1 : 0, "b/m": kind } }));

describe("embed", () => {
  it("gives the learner what words do not: batches, and each text once", async () => {
    const batches: number[] = [];
    const { router } = rig(async (texts) => {
      batches.push(texts.length);
      return texts.map(vectorOf);
    });
    const texts = textsOf(800);
    await router.learnFrom(rows(texts));
    expect(Math.max(...batches)).toBeGreaterThan(30);
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(800);
    let right = 0;
    for (const [content, kind] of textsOf(40, 5_000)) {
      const { route } = await router.chat({ messages: [{ role: "user", content }] }, { taskType: "x" });
      if (route.provider === (kind === 0 ? "a" : "b")) right += 1;
    }
    expect(right).toBeGreaterThan(34);
  });

  it("is never waited for before it has answered once, and then no longer than `waitMs`", async () => {
    const answers: (() => void)[] = [];
    const slow = (texts: readonly string[]) =>
      new Promise<number[][]>((resolve) => answers.push(() => resolve(texts.map(vectorOf))));
    const { router, clock } = rig({ embed: slow, waitMs: 50 });
    const ask = async (content: string) => {
      const startedAt = clock.now();
      const work = router.chat({ messages: [{ role: "user", content }] });
      let done = false;
      void work.then(() => {
        done = true;
      });
      for (let step = 0; step < 100 && !done; step += 1) await clock.advance(10);
      return clock.now() - startedAt;
    };
    expect(await ask("one")).toBeLessThanOrEqual(10);
    for (const answer of answers.splice(0)) answer();
    await clock.advance(0);
    const { router: quick, clock: time } = rig({ embed: async (texts) => texts.map(vectorOf), waitMs: 50 });
    await quick.chat({ messages: [{ role: "user", content: "first" }] });
    await time.advance(0);
    expect((await quick.chat({ messages: [{ role: "user", content: "second" }] })).route.provider).toBeDefined();
    expect(await ask("two")).toBeLessThanOrEqual(60);
  });

  it.each([
    ["fails", async () => Promise.reject(new Error("down"))],
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
    ["gives rubbish", async () => ["x"]],
    ["gives too few", async () => []],
    ["hangs", () => new Promise(() => {})],
  ])("that %s harms no request and no feedback", async (_, embed) => {
    const { router, clock } = rig(embed as never);
    for (let index = 0; index < 5; index += 1) {
      const work = router.chat({ messages: [{ role: "user", content: `question ${index}` }] });
      await clock.advance(200);
      router.feedback(await work, { score: 1 });
    }
    const learning = router.learnFrom(rows(textsOf(10, 9_000)));
    await clock.advance(6_000);
    expect((await learning).rows).toBe(10);
  });

  it.each([
    ["embed", "x"],
    ["embed.embed", {}],
    ["embed.waitMs", { embed: async () => [], waitMs: 5_000 }],
    ["embed.timeoutMs", { embed: async () => [], timeoutMs: 0 }],
    ["embed.batch", { embed: async () => [], batch: 2 }],
  ])("is refused by the path %s", (path, wrong) => {
    expect(() => rig(wrong as never)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });
});
