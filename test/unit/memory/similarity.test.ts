import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSimilarityIndex, type SimilarityOptions } from "../../../src/memory/similarity.js";
import { guard } from "../../../src/memory/similarity-guards.js";
import { likeness, type Reading, read } from "../../../src/memory/similarity-reading.js";
import { sameAnswer } from "../../../src/memory/similarity-shadow.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { cpuMs } from "../cpu-ms.js";

const reading = (text: string): Reading => {
  const found = read(text);
  if (found === null) throw new Error(`nothing in ${text}`);
  return found;
};

describe("the built-in comparison", () => {
  it.each([
    ["How do I reset my password?", "how do I reset my password"],
    ["What are the best tools for testing?", "what's the best tool for testing"],
    ["Please convert 3.5 km to miles.", "convert 3.5 km to miles"],
    ["What isn't covered by the warranty?", "What is not covered by the warranty?"],
    ["人和畜生的区别是什么？", "人和畜生的区别是什么"],
    ["请问怎么重置密码？", "怎么重置密码呢"],
    ["Can C++ templates be debugged?", "can C++ templates be debugged"],
    ["把“你好”翻译成英文", "请问把“你好”翻译成英文呢"],
  ])("finds %s in %s", (one, other) => {
    const index = createSimilarityIndex();
    index.add("b", one, "key");
    expect(index.find("b", other)).toMatchObject({ key: "key", score: expect.any(Number) });
    expect(index.stats()).toMatchObject({ entries: 1, lookups: 1, matches: 1 });
  });

  it.each([
    ["a number", "flights under 300 euros to Rome", "flights under 400 euros to Rome"],
    ["a decimal", "convert 3.5 km to miles", "convert 35 km to miles"],
    ["a sign", "what is the root of -4", "what is the root of 4"],
    ["a negation", "which foods should I eat with gout", "which foods should I not eat with gout"],
    ["a short negation", "why does the server start", "why doesn't the server start"],
    ["a name", "who is the president of France", "who is the president of Brazil"],
    ["a symbol", "how do I learn C++", "how do I learn C#"],
    ["a symbol more", "how do I learn C++", "how do I learn C"],
    ["a dotted name", "what is .NET good for", "what is net good for"],
    ["a unit", "add 5% to the price", "add 5$ to the price"],
    ["an extra word", "best phone under 30k", "best phone under 30k for students"],
    ["swapped roles", "when did India attack Pakistan", "when did Pakistan attack India"],
    ["a direction", "flights from Rome to Paris", "flights from Paris to Rome"],
    ["an acronym that is a word", "who in the US may vote", "who in the us may vote"],
    ["a tense", "who is the president of France", "who was the president of France"],
    ["a verb that only helps elsewhere", "what does nitrogen do", "what is nitrogen"],
    ["a quotation", 'translate "please" into German', 'translate "thanks" into German'],
    ["a Chinese negation", "这个手机支持快充", "这个手机不支持快充"],
    ["a Chinese number", "三天以内到北京的机票", "五天以内到北京的机票"],
    ["a Chinese name", "北京到上海多少公里", "北京到广州多少公里"],
    ["a Chinese direction", "北京到上海多少公里", "上海到北京多少公里"],
    ["a Chinese question against a statement", "手机支持反向充电", "手机支持反向充电吗"],
    ["a Chinese word more", "花呗怎么提高额度", "学生花呗怎么提高额度"],
    ["a letter", "what is vitamin A", "what is vitamin"],
    ["a small letter", "what are the effects of vitamin a", "what are the effects of vitamin"],
    ["a mark that is spoken of", "what does ~ mean in bash", "what does - mean in bash"],
    ["a mark of the same kind", "what does ! mean in Ruby", "what does ; mean in Ruby"],
    ["marks side by side", "meaning of ?: in js", "meaning of ?. in js"],
    ["brackets", "meaning of [] in js", "meaning of () in js"],
    ["a minus at the end", "which foods suit blood type A-?", "which foods suit blood type A?"],
    ["a minus between numbers", "calculate 5-3 for me", "calculate 5 3 for me"],
    ["an option", "what does ls -l print", "what does ls l print"],
    ["a point within", "read file a.b from disk", "read file a b from disk"],
    ["a single quotation", "explain 'a' vs 'the' in English", "explain 'the' vs 'a' in English"],
  ])("tells texts apart by %s", (_name, one, other) => {
    const index = createSimilarityIndex({ threshold: 0 });
    index.add("b", one, "key");
    expect(index.find("b", other)).toBeNull();
    expect(index.find("b", one)).toEqual({ key: "key", score: 1 });
  });

  it("never looks past the bucket, at texts too long, or at texts that say too little", () => {
    const index = createSimilarityIndex({ maxChars: 50 });
    index.add("acme", "how do I reset my password", "key");
    index.add("acme", "Hello!", "hello");
    index.add("acme", `password reset ${"x".repeat(50)}`, "long");
    expect(index.find("globex", "how do I reset my password")).toBeNull();
    expect(index.find("acme", "hello")).toBeNull();
    expect(index.find("acme", `password reset ${"x".repeat(50)}`)).toBeNull();
    expect(index.find("acme", 7 as unknown as string)).toBeNull();
    expect(index.stats()).toMatchObject({ entries: 1, matches: 0 });
  });

  it("lets a call raise the threshold and not lower it", () => {
    const index = createSimilarityIndex({ threshold: 0.8 });
    index.add("b", "What are the best tools for the testing of a page?", "key");
    const other = "best tool for testing page";
    expect(likeness(reading("What are the best tools for the testing of a page?"), reading(other))).toBeLessThan(0.8);
    expect(index.find("b", other, { threshold: 0.1 })).toBeNull();
    expect(index.find("b", "what are the best tools for the testing of a page")).not.toBeNull();
    expect(index.find("b", "what are the best tools for testing of a page", { threshold: 1 })).toBeNull();
  });

  it("forgets a key, everything, and the oldest past its bound", () => {
    const index = createSimilarityIndex({ maxEntries: 100 });
    for (let n = 0; n < 1_000; n++) index.add("b", `what is the capital of country ${n}`, `k${n}`);
    expect(index.stats().entries).toBeLessThanOrEqual(200);
    expect(index.find("b", "what is the capital of country 0")).toBeNull();
    expect(index.find("b", "What is the capital of country 999?")).toMatchObject({ key: "k999" });
    index.delete("k999");
    index.delete("nobody");
    expect(index.find("b", "what is the capital of country 999")).toBeNull();
    index.add("b", "what is the capital of country 5", "new");
    expect(index.find("b", "what is the capital of country 5")).toMatchObject({ key: "new" });
    index.clear();
    expect(index.stats().entries).toBe(0);
  });

  it("reads anything, in time that grows with its length alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const found = read(text);
        if (found !== null) expect(likeness(found, found)).toBe(1);
      }),
      { numRuns: 500 },
    );
    for (const piece of ["a'", "“", "1.", "-", "请问", "'t", "n't ", "a b ", "`"]) {
      expect(cpuMs(() => read(piece.repeat(20_000)))).toBeLessThan(1_500);
    }
  });
});

describe("guards", () => {
  it.each([
    ["numbers", "cheap hotels for 2 people", "budget hotels for 3 people"],
    ["negation", "shops that sell meat", "shops that do not sell meat"],
    ["symbols", "raise the price by 5 %", "raise the cost by 5 $"],
    ["quoted", 'how is "read" pronounced', 'how is "reed" spoken'],
    ["names", "is the Tesla reliable", "is the Toyota dependable"],
    ["names", "is the Tesla reliable", "are cars dependable"],
    ["extra_words", "best phone under 30k", "best phone under 30k for students"],
    ["negation", "支持高铁票支付", "不支持高铁票付款"],
    ["numbers", "三天到货", "五天送达"],
    ["numbers", "convert 5 in base 10", "turn 10 into base 5"],
    ["names", "trains from Paris to London", "going by rail from London to Paris"],
    ["names", "who in the US may vote", "who of us can vote"],
    ["negation", "is it safe to eat", "can it be unsafe for eating"],
    ["quoted", "translate 'hello' to French", "say 'goodbye' in French"],
    ["order", "should i use let or const", "should i use const or let"],
    ["order", "狗咬人怎么办", "人咬狗怎么办"],
    ["names", "北京到上海多远", "上海到北京多远"],
    ["names", "北京的天气怎么样", "南京天气如何"],
    ["names", "法国的首都是哪里", "德国首都是哪座城市"],
    ["order", "手机支持反向充电", "手机支持反向充电吗"],
  ])("refuse for %s", (reason, one, other) => {
    expect(guard(reading(one), reading(other))).toBe(reason);
    expect(guard(reading(other), reading(one))).toBe(reason);
  });

  it("leave other words for the same to the model that compared them", () => {
    expect(guard(reading("how can I lower my rent"), reading("ways to reduce my rent"))).toBeNull();
    expect(guard(reading("is the Tesla reliable"), reading("can a tesla be trusted"))).toBeNull();
    expect(guard(reading("怎么提高额度"), reading("如何增加额度"))).toBeNull();
  });
});

describe("with vectors of the app's own", () => {
  const places: Record<string, number[]> = {
    "how can I lower my rent": [1, 0.1, 0],
    "ways to reduce my rent": [1, 0.12, 0],
    "ways to reduce my rent by 20 percent": [1, 0.12, 0],
    "what is for dinner tonight": [0, 1, 0],
  };
  function create(options: SimilarityOptions = {}) {
    const calls: string[] = [];
    const clock = createVirtualClock();
    const embed = async (texts: readonly string[]) => {
      calls.push(...texts);
      return texts.map((text) => places[text] ?? [0, 0, 1]);
    };
    return { calls, clock, index: createSimilarityIndex({ embed, clock, ...options }) };
  }

  it("finds the nearest that no guard refuses, and asks for each vector once", async () => {
    const { index, clock, calls } = create();
    index.add("b", "ways to reduce my rent by 20 percent", "twenty");
    index.add("b", "how can I lower my rent", "rent");
    index.add("b", "what is for dinner tonight", "dinner");
    await clock.settle();
    expect(await index.find("b", "ways to reduce my rent")).toEqual({ key: "rent", score: expect.closeTo(1, 3) });
    expect(index.stats()).toMatchObject({ entries: 3, matches: 1, refused: { numbers: 1 } });
    expect(await index.find("c", "ways to reduce my rent")).toBeNull();
    expect(await index.find("b", "something else entirely")).toBeNull();
    index.add("b", "something else entirely", "other");
    await clock.settle();
    expect(calls.length).toBe(new Set(calls).size);
    index.delete("rent");
    expect(await index.find("b", "ways to reduce my rent")).toBeNull();
    index.clear();
    expect(index.stats().entries).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("finds nothing, in bounded time, where the app's model fails, hangs or talks nonsense", async () => {
    let mode = 0;
    const clock = createVirtualClock();
    const answers = [
      () => Promise.resolve([[1, 0]]),
      () => Promise.reject(new Error("down")),
      () => {
        throw new Error("at once");
      },
      () => Promise.resolve([]),
      () => Promise.resolve([[0, 0]]),
      () => Promise.resolve([[Number.NaN, 1]]),
      () => Promise.resolve([[1, 0, 0]]),
      () => Promise.resolve([null] as never),
      () => Promise.resolve(5 as never),
      () => Promise.resolve([[1n, 0n]] as never),
      () => Promise.resolve([{ length: 1e9 }]),
      () => new Promise<number[][]>(() => {}),
    ];
    const index = createSimilarityIndex({
      embed: () => answers[mode]?.() ?? Promise.resolve([]),
      embedTimeoutMs: 100,
      clock,
    });
    index.add("b", "how can I lower my rent", "rent");
    await clock.settle();
    for (mode = 1; mode < answers.length; mode++) {
      const finding = index.find("b", `how can I lower my bill ${mode}`);
      await clock.advance(100);
      expect(await finding).toBeNull();
      index.add("b", `add this anyway ${mode}`, `k${mode}`);
      await clock.advance(100);
    }
    expect(index.stats().embedErrors).toBeGreaterThan(6);
    expect(clock.pendingTimers).toBe(0);
  });

  it("keeps so many and no more, the newest", async () => {
    const clock = createVirtualClock();
    const embed = async ([text]: readonly string[]) => [[Number((text ?? "").replace(/\D/g, "")) + 1, 1]];
    const index = createSimilarityIndex({ embed, maxEntries: 10, threshold: 1, clock });
    for (let n = 0; n < 50; n++) {
      index.add(`b${n % 3}`, `text number ${n}`, `k${n % 40}`);
      await clock.settle();
    }
    expect(index.stats().entries).toBe(10);
    expect(await index.find("b1", "text number 49")).toMatchObject({ key: "k9" });
    expect(await index.find("b0", "text number 0")).toBeNull();
  });
});

describe("shadow mode", () => {
  it("counts how often the stored answer would have been wrong, with the upper end of the interval", () => {
    const index = createSimilarityIndex();
    const match = { key: "k", score: 1 };
    expect(index.stats().shadow).toEqual({ observed: 0, disagreed: 0, falseHitRate: 0, falseHitRateUpper: 1 });
    for (let n = 0; n < 99; n++)
      expect(index.observe(match, "Paris is the capital.", "paris is the capital.")).toBe(true);
    expect(index.observe(match, "It takes 3 days.", "It takes 5 days.")).toBe(false);
    const { shadow } = index.stats();
    expect(shadow).toMatchObject({ observed: 100, disagreed: 1, falseHitRate: 0.01 });
    expect(shadow.falseHitRateUpper).toBeCloseTo(0.0545, 3);
  });

  it("takes the app's own word for it, and a comparison that throws as a disagreement", () => {
    const yes = createSimilarityIndex({ agree: () => true });
    expect(yes.observe({ key: "k", score: 1 }, "a", "b")).toBe(true);
    const broken = createSimilarityIndex({
      agree: () => {
        throw new Error("no");
      },
    });
    expect(broken.observe({ key: "k", score: 1 }, "a", "a")).toBe(false);
  });

  it.each([
    [true, "Yes.", "yes."],
    [true, "The capital of France is Paris.", "Paris is the capital of France."],
    [false, "Yes, it does.", "No, it does not."],
    [false, "Ja", "Nein"],
    [false, "It costs 30 euros a month.", "It costs 40 euros a month."],
    [true, "法国的首都是巴黎。", "巴黎是法国的首都"],
  ])("says %s for %s and %s", (same, stored, fresh) => {
    expect(sameAnswer(stored, fresh)).toBe(same);
  });
});

it.each<[string, SimilarityOptions]>([
  ["cache.similar.threshold", { threshold: 1.5 }],
  ["cache.similar.threshold", { threshold: Number.NaN }],
  ["cache.similar.embed", { embed: 5 as never }],
  ["cache.similar.embedTimeoutMs", { embedTimeoutMs: 0 }],
  ["cache.similar.maxEntries", { maxEntries: Number.POSITIVE_INFINITY }],
  ["cache.similar.maxChars", { maxChars: -1 }],
  ["cache.similar.agree", { agree: "yes" as never }],
  ["cache.similar.limit", { limit: 1 } as never],
])("names %s when it is wrong", (path, options) => {
  expect(() => createSimilarityIndex(options)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
});
