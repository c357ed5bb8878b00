import { createRouter } from "signalbox";
import { scriptedProvider, testModel } from "signalbox/testing";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/random.js";
import { createSimilarityIndex } from "../../../src/memory/similarity.js";
import { createReuseBound } from "../../../src/memory/similarity-bound.js";

/** Matches of many entries, each right with a chance of its own; what was served, and how much of it was wrong. */
function play(maxWrongRate: number, wrongRates: readonly number[], matches: number, seed: number) {
  const random = seededRandom(seed);
  const bound = createReuseBound(maxWrongRate, random);
  let [served, wrong] = [0, 0];
  for (let match = 0; match < matches; match += 1) {
    const entry = Math.floor(random() * wrongRates.length);
    const right = random() >= (wrongRates[entry] ?? 0);
    if (bound.serves(`${entry}`, 0.9)) {
      served += 1;
      if (!right) wrong += 1;
    } else bound.learn(`${entry}`, 0.9, right);
  }
  return { served, wrong, stats: bound.stats() };
}

describe("maxWrongRate", () => {
  const worlds: readonly [string, number[]][] = [
    ["good and hopeless entries", Array.from({ length: 40 }, (_, entry) => (entry % 2 === 0 ? 0 : 0.9))],
    ["entries that are all a little worse than the bound", Array.from({ length: 40 }, () => 0.1)],
    ["entries of every kind", Array.from({ length: 40 }, (_, entry) => entry / 40)],
    ["one entry that is wrong now and then", [0.02]],
  ];
  it.each(worlds)("holds for what is served: %s", (_, wrongRates) => {
    for (const bound of [0.05, 0.02]) {
      const runs = [1, 2, 3, 4, 5].map((seed) => play(bound, wrongRates, 10_000, seed));
      const served = runs.reduce((sum, run) => sum + run.served, 0);
      const wrong = runs.reduce((sum, run) => sum + run.wrong, 0);
      // Until the checks have told, a few are wrong: one in a thousand matches at most.
      expect(wrong).toBeLessThanOrEqual(bound * served + 0.001 * 50_000);
    }
  });

  it("lets good entries be served, nine in ten once they are known", () => {
    const { served, wrong, stats } = play(0.05, [0, 0, 0, 1], 4_000, 3);
    expect(served / 4_000).toBeGreaterThan(0.6);
    expect(served / 4_000).toBeLessThan(0.7);
    expect(wrong).toBe(0);
    expect(stats).toMatchObject({ maxWrongRate: 0.05, wrong: 0 });
    expect(stats.checked).toBeGreaterThan(200);
  });

  it("gives each entry a threshold of its own: wrong at a low score bars no higher one", () => {
    const bound = createReuseBound(0.1, () => 0.99);
    for (let match = 0; match < 30; match += 1) {
      bound.learn("e", 0.98, true);
      bound.learn("e", 0.8, false);
    }
    expect([bound.serves("e", 0.99), bound.serves("e", 0.98)]).toEqual([true, true]);
    expect([bound.serves("e", 0.9), bound.serves("e", 0.8), bound.serves("unseen", 1)]).toEqual([false, false, false]);
    bound.learn("e", 1, false);
    for (let match = 0; match < 3; match += 1) bound.learn("e", 1, false);
    expect(bound.serves("e", 0.99)).toBe(false);
  });

  it("takes a trusted entry back when its answers go wrong", () => {
    const bound = createReuseBound(0.05, () => 0.01);
    for (let match = 0; match < 40; match += 1) bound.learn("e", 1, true);
    bound.learn("e", 1, false);
    bound.learn("e", 1, false);
    expect(bound.stats()).toMatchObject({ wrong: 1 });
    expect(bound.serves("e", 1)).toBe(false);
  });

  it.each([0, 0.001, 1.5, "0.05"])("refuses %s by its path", (maxWrongRate) => {
    expect(() => createSimilarityIndex({ maxWrongRate: maxWrongRate as number })).toThrow(
      expect.objectContaining({ kind: "invalid_options", path: "cache.similar.maxWrongRate" }),
    );
  });

  const router = (answer: (call: number) => string) => {
    const provider = scriptedProvider({ id: "p", models: [testModel("m")] });
    let calls = 0;
    const chat: typeof provider.chat = async (request, context) => {
      const reply = await provider.chat(request, context);
      reply.choices[0].message.content = answer(calls++);
      return reply;
    };
    const similar = { mode: "serve" as const, maxWrongRate: 0.1 };
    return createRouter({
      providers: [{ id: "p", models: provider.models, chat }],
      cache: { similar },
      random: seededRandom(1),
    });
  };
  const ask = async (made: ReturnType<typeof router>, turn: number) => {
    const content = `What is the capital of France?${" ".repeat(turn)}`;
    return (await made.chat({ messages: [{ role: "user", content }] })).route.cache.status;
  };

  it("has the model asked until an entry has shown that it is right, then answers from it", async () => {
    const made = router(() => "It is Paris.");
    const statuses: string[] = [];
    for (let turn = 0; turn < 200; turn += 1) statuses.push(await ask(made, turn));
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => "miss"));
    expect(statuses.slice(100).filter((status) => status === "similar").length).toBeGreaterThan(50);
    expect(made.stats().similarity?.bound).toMatchObject({ maxWrongRate: 0.1, wrong: 0 });
  });

  it("serves nothing of an entry whose answers keep changing", async () => {
    const made = router((call) => `Word${call} is number ${call}`);
    for (let turn = 0; turn < 40; turn += 1) expect(await ask(made, turn)).toBe("miss");
  });
});
