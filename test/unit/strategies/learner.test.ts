import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Characteristics } from "../../../src/contract/strategy.js";
import { seededRandom } from "../../../src/core/random.js";
import { createFeatureReader, packFeatures, unpackFeatures } from "../../../src/strategies/learner/features.js";
import { createLearner, type Learner } from "../../../src/strategies/learner/learner.js";
import { calm } from "./world.js";

const ask = (content: string) => ({ messages: [{ role: "user" as const, content }] });

function viewOf(learner: Learner, text: string, about: Partial<Characteristics> = {}) {
  return learner.view(ask(text), { ...calm, ...about });
}

function quality(learner: Learner, id: string, text = "Why is the sky blue?", tier: 1 | 2 | 3 = 2, kind = "chat") {
  const into = { mean: 0, sd: 0, samples: 0 };
  return { ...learner.quality(viewOf(learner, text, { kind }), id, tier, into) };
}

function teach(
  learner: Learner,
  id: string,
  score: number,
  times: number,
  text = "Why is the sky blue?",
  kind = "chat",
  tier: 1 | 2 | 3 = 2,
) {
  for (let round = 0; round < times; round += 1) {
    learner.feedback(id, tier, viewOf(learner, text, { kind }).ticket(), score);
  }
}

describe("learner without feedback", () => {
  it("expects more of strong models, the more the longer the question", () => {
    const learner = createLearner();
    const long = "Please consider every clause of this contract. ".repeat(60);
    const gap = (text: string) => quality(learner, "s", text, 3).mean - quality(learner, "w", text, 1).mean;
    expect(gap("Hi")).toBeLessThan(0.1);
    expect(gap(long)).toBeGreaterThan(0.3);
  });

  it("pretends nothing: no uncertainty to draw from, no features read", () => {
    const learner = createLearner();
    expect(learner.active).toBe(false);
    expect(quality(learner, "a")).toMatchObject({ sd: 0, samples: 0 });
    expect(viewOf(learner, "Why?").ticket()).toEqual({ v: 1, kind: "chat", difficulty: expect.any(Number) });
  });
});

describe("learner with feedback", () => {
  it("moves towards what it is told, and grows surer", () => {
    const learner = createLearner();
    teach(learner, "a", 1, 3);
    const early = quality(learner, "a");
    teach(learner, "a", 1, 60);
    teach(learner, "b", 0, 60);
    const late = quality(learner, "a");
    expect(late.mean).toBeGreaterThan(0.9);
    expect(late.sd).toBeLessThan(early.sd);
    expect(late.samples).toBeGreaterThan(50);
    expect(quality(learner, "b").mean).toBeLessThan(0.35);
  });

  it("one bad answer does not condemn", () => {
    const learner = createLearner();
    const before = quality(learner, "a").mean;
    teach(learner, "a", 0, 1);
    expect(quality(learner, "a").mean).toBeGreaterThan(before - 0.15);
  });

  it("tells kinds apart, and soonest those the app names", () => {
    const learner = createLearner();
    for (let round = 0; round < 60; round += 1) {
      teach(learner, "a", 1, 1, "Translate this", "translation");
      teach(learner, "a", 0, 1, "Translate this", "legal");
    }
    expect(quality(learner, "a", "Translate this", 2, "translation").mean).toBeGreaterThan(0.75);
    expect(quality(learner, "a", "Translate this", 2, "legal").mean).toBeLessThan(0.35);
  });

  it("learns from words once they predict better than tables", () => {
    const learner = createLearner();
    const random = seededRandom(3);
    const verbs = ["sum", "list", "name", "find", "show", "give"];
    const text = (topic: string) => `${verbs[Math.floor(random() * 6)]} ${topic} ${Math.floor(random() * 99)} please`;
    for (let round = 0; round < 400; round += 1) {
      teach(learner, "a", 1, 1, text("prime numbers"));
      teach(learner, "a", 0, 1, text("french poems"));
    }
    expect(quality(learner, "a", text("prime numbers")).mean).toBeGreaterThan(0.8);
    expect(quality(learner, "a", text("french poems")).mean).toBeLessThan(0.2);
  });

  it("forgets: an arm that got better is believed again, an unused one is forgiven", () => {
    const learner = createLearner();
    teach(learner, "a", 0, 300);
    expect(quality(learner, "a").mean).toBeLessThan(0.1);
    teach(learner, "a", 1, 300);
    expect(quality(learner, "a").mean).toBeGreaterThan(0.8);

    const other = createLearner();
    teach(other, "good", 1, 1_500);
    teach(other, "good", 0, 100);
    const fallen = quality(other, "good").mean;
    teach(other, "else", 1, 2_000);
    expect(quality(other, "good").mean).toBeGreaterThan(fallen + 0.2);
  });

  it("counts broken form without any feedback", () => {
    const learner = createLearner();
    const before = quality(learner, "a").mean;
    for (let round = 0; round < 30; round += 1) learner.observe("a", round % 2 === 0);
    expect(quality(learner, "a").mean).toBeLessThan(before * 0.75);
    expect(learner.active).toBe(false);
  });

  it("drops what it cannot use", () => {
    const learner = createLearner({ maxArms: 2 });
    const ticket = viewOf(learner, "x").ticket();
    for (const score of [-0.1, 1.1, Number.NaN]) expect(learner.feedback("a", 2, ticket, score)).toBe(false);
    expect(learner.feedback("a", 2, undefined, 1)).toBe(true);
    expect(learner.feedback("b", 2, { v: 1, kind: "chat", difficulty: 0.5, features: "!!" }, 1)).toBe(true);
    expect(learner.feedback("c", 2, ticket, 1)).toBe(false);
  });
});

describe("learner state", () => {
  function trained(): Learner {
    const learner = createLearner();
    const random = seededRandom(4);
    for (let round = 0; round < 300; round += 1) {
      const hard = random() < 0.5;
      teach(learner, "a", hard ? 0 : 1, 1, hard ? "prove the lemma about rings" : "say hello to my friend");
      teach(learner, "b", 1, 1, hard ? "prove the lemma about rings" : "say hello to my friend", "legal", 3);
    }
    learner.observe("a", false);
    return learner;
  }

  it("travels as JSON and comes back the same", () => {
    const learner = trained();
    const restored = createLearner({ state: JSON.parse(JSON.stringify(learner.exportState())) });
    expect(restored.stateProblem).toBeNull();
    expect(restored.exportState()).toEqual(learner.exportState());
    for (const id of ["a", "b", "c"]) {
      for (const text of ["prove the lemma", "say hello"]) {
        const [here, there] = [quality(learner, id, text), quality(restored, id, text)];
        expect(there.mean).toBeCloseTo(here.mean, 5);
        expect(there.sd).toBeCloseTo(here.sd, 5);
      }
    }
  });

  it.each([
    ["text", "hello"],
    ["another version", { learner: 2 }],
    ["no arms", { learner: 1, tick: 3 }],
    ["an array", []],
  ])("ignores %s, and says so", (_what, state) => {
    const learner = createLearner({ state });
    expect(learner.stateProblem).toEqual(expect.any(String));
    expect(quality(learner, "a").samples).toBe(0);
  });

  it("never throws and never yields nonsense, whatever part is damaged", () => {
    const whole = JSON.parse(JSON.stringify(trained().exportState())) as Record<string, unknown>;
    const paths: (string | number)[][] = [];
    const walk = (node: unknown, path: (string | number)[]): void => {
      paths.push(path);
      if (typeof node !== "object" || node === null) return;
      for (const key of Object.keys(node)) walk((node as Record<string, unknown>)[key], [...path, key]);
    };
    walk(whole, []);
    const junk = fc.constantFrom<unknown>(null, "x", -1, 1e308, Number.NaN, [], {}, true, undefined);
    fc.assert(
      fc.property(fc.constantFrom(...paths.filter((path) => path.length > 0)), junk, (path, value) => {
        const copy = structuredClone(whole);
        let node = copy as Record<string | number, unknown>;
        for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
        node[path.at(-1)!] = value;
        const learner = createLearner({ state: copy });
        const { mean, sd } = quality(learner, "a", "prove the lemma");
        return mean >= 0 && mean <= 1 && sd >= 0 && sd <= 1;
      }),
      { numRuns: 300 },
    );
  });
});

describe("features", () => {
  it("survive their ticket", () => {
    const reader = createFeatureReader();
    for (const text of [
      "",
      "a",
      "The cat sat on the mat. The cat!",
      "你好，世界 你好",
      "x ".repeat(5_000),
      "if (a) { b = 1; }\n",
    ]) {
      const features = reader.read(text);
      const back = unpackFeatures(packFeatures(features))!;
      expect([...back.packed]).toEqual([...features.packed]);
      expect([...back.dense]).toEqual([...features.dense]);
      expect(back.scale).toBeCloseTo(features.scale, 12);
    }
  });

  it("do not depend on what was read before", () => {
    const reader = createFeatureReader();
    const once = packFeatures(reader.read("one two three"));
    reader.read("something else entirely, three times three");
    expect(packFeatures(reader.read("one two three"))).toBe(once);
  });

  it("stay bounded and refuse what is too long", () => {
    const long = packFeatures(createFeatureReader().read(Array.from({ length: 9_000 }, (_, i) => `w${i}`).join(" ")));
    expect(long.length).toBeLessThan(2_400);
    expect(unpackFeatures("A".repeat(100_000))).toBeNull();
    expect(unpackFeatures("AAAA")).toBeNull();
  });

  it("hold no word of the text", () => {
    expect(packFeatures(createFeatureReader().read("secret password"))).not.toContain("secret");
  });
});
