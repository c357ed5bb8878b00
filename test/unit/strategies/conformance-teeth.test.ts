import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/chat/message.js";
import { textOf } from "../../../src/chat/message-text.js";
import type { CandidateSnapshot, RankedCandidate, Strategy, StrategyContext } from "../../../src/contract/strategy.js";
import { strategyConformance } from "../../../src/testing/conformance/strategy.js";

type Score = NonNullable<Strategy["score"]>;

const byScore = (score: Score, more: Partial<Strategy> = {}) => ({ name: "broken", score, ...more });
const byRank = (rank: (context: StrategyContext) => unknown): Strategy => ({
  name: "broken",
  rank: rank as NonNullable<Strategy["rank"]>,
});
const inOrder = (candidates: readonly CandidateSnapshot[]): RankedCandidate[] =>
  candidates.map(({ id }, index) => ({ id, score: -index }));
const last = <T>(list: readonly T[]): T => list[list.length - 1] as T;

/** One fault that authors make for each case, and the case that tells them. */
const FAULTS: readonly (readonly [name: string, fault: string, make: () => Strategy])[] = [
  ["names itself and says how it judges", "no name", () => byScore(() => 0, { name: " " })],
  ["names itself and says how it judges", "a method of another name", () => ({ name: "broken" })],
  ["gives numbers for scores", "text", () => byScore(({ ttftMs }) => ttftMs.toFixed(2) as never)],
  ["gives numbers for scores", "a promise", () => byScore((async () => 1) as never)],
  ["gives numbers for scores", "a copy that holds no numbers", () => byScore((seen) => 0 - { ...seen }.ttftMs)],
  [
    "ranks only candidates that it was given, each once",
    "a favourite, there or not",
    () => byRank(({ candidates }) => [{ id: "openai/gpt", score: 1 }, ...inOrder(candidates)]),
  ],
  [
    "ranks only candidates that it was given, each once",
    "the best one in front of all",
    () => byRank(({ candidates }) => inOrder([last(candidates), ...candidates])),
  ],
  ["ranks only candidates that it was given, each once", "a promise", () => byRank(async () => [])],
  [
    "ranks only candidates that it was given, each once",
    "nobody",
    () => byRank(({ candidates }) => inOrder(candidates.filter(({ inFlight }) => inFlight > 99))),
  ],
  [
    "decides between a few",
    "a vendor that it takes for granted",
    () => byScore((_, { candidates }) => at(candidates, 2)),
  ],
  ["decides with one candidate", "a runner-up", () => byScore((_, { candidates }) => at(candidates, 1))],
  [
    "decides among 1,000 candidates",
    "a comparison of all orders",
    () =>
      byScore((one, { candidates }) => {
        let better = 0;
        for (const two of candidates) {
          for (const three of candidates) if (one.ttftMs + two.ttftMs > three.ttftMs) better += 1;
        }
        return better;
      }),
  ],
  [
    "decides while others are excluded",
    "a listed place taken for one in the list",
    () => byScore(({ position }, { candidates }) => at(candidates, position)),
  ],
  ["decides with nothing measured", "a mean over no samples", () => byScore(({ samples }) => (0 * 9) / samples)],
  [
    "decides with nothing measured",
    "ages of what never happened",
    () => byScore(({ idleMs }) => (idleMs - 1_000) / (idleMs + 1_000)),
  ],
  [
    "decides with prices unknown",
    "prices stretched to 0..1",
    () =>
      byScore(({ expectedCostUsd }, { candidates }) => {
        const dearest = Math.max(...candidates.map((other) => other.expectedCostUsd));
        return 1 - expectedCostUsd / dearest;
      }),
  ],
  ["decides with prices of nothing", "quality per dollar", () => byScore((seen) => (0 * 1) / seen.expectedCostUsd)],
  [
    "decides without feedback",
    "feedback in units of its spread",
    () => byScore(({ quality }) => (quality.mean - 0.8) / quality.sd),
  ],
  [
    "decides between equals",
    "a span of nothing",
    () =>
      byScore(({ ttftMs }, { candidates }) => {
        const all = candidates.map((other) => other.ttftMs);
        const low = Math.min(...all);
        return (ttftMs - low) / (Math.max(...all) - low);
      }),
  ],
  [
    "decides when all are failing",
    "draws until one is fit",
    () =>
      byRank(({ candidates, random }) => {
        for (;;) {
          const drawn = at(candidates, Math.floor(random() * candidates.length));
          if (drawn.headroom > 0) return [{ id: drawn.id, score: 1 }];
        }
      }),
  ],
  [
    "decides for any request",
    "a message that is always text",
    () => byScore((_, { request }) => (last(request.messages).content as string).trim().length),
  ],
  [
    "decides for any request",
    "a list of parts that is never empty",
    () =>
      byScore((_, { request }) => {
        const { content } = last(request.messages);
        return typeof content === "string" ? 0 : at(content as { type: string }[], 0).type.length;
      }),
  ],
  [
    "leaves candidates, request and messages as they are",
    "sorts the list that it was given",
    () =>
      byRank(({ candidates }) => inOrder((candidates as CandidateSnapshot[]).sort((a, b) => b.position - a.position))),
  ],
  [
    "leaves candidates, request and messages as they are",
    "shortens the history",
    () =>
      byScore((_, { request }) => {
        (request.messages as Message[]).splice(1, 1);
        return 0;
      }),
  ],
  ["decides the same with the same seed, at any time", "a random of its own", () => byScore(() => Math.random())],
  ["decides the same with the same seed, at any time", "a clock of its own", () => byScore(() => Date.now())],
  [
    "decides each time as if it were the first",
    "a count of its turns, by which equal requests never meet one",
    () => {
      let turn = 0;
      return byRank(({ candidates }) => inOrder([at(candidates, turn++ % candidates.length)]));
    },
  ],
  [
    "decides each time as if it were the first",
    "never again whom it chose once",
    () => {
      const used = new Set<string>();
      return byScore(({ id }) => (used.size < 2 && !used.has(id) && used.add(id) ? 1 : 0));
    },
  ],
  [
    "reads the numbers anew for every decision",
    "an order kept with the list",
    () => {
      const orders = new WeakMap<object, RankedCandidate[]>();
      return byRank(({ candidates }) => {
        const order = orders.get(candidates) ?? inOrder([...candidates].sort((a, b) => a.ttftMs - b.ttftMs));
        orders.set(candidates, order);
        return order;
      });
    },
  ],
  [
    "says chances that add up to at most 1",
    "the coin's chance for everybody",
    () =>
      byRank(({ candidates, random }) => {
        const order = random() < 0.5 ? candidates : [...candidates].reverse();
        return inOrder(order).map((entry) => ({ ...entry, propensity: 0.5 }));
      }),
  ],
  ["says chances that add up to at most 1", "per cent", () => byScore(() => 0, { propensity: () => 25 })],
  [
    "says chances that add up to at most 1",
    "none for the first",
    () => byScore(({ position }) => position, { propensity: ({ position }) => (position === 0 ? 1 : 0) }),
  ],
  [
    "gives reasons without a word of the prompt",
    "quotes the question",
    () => byScore(() => 0, { reason: (_, { request }) => `for "${textOf(last(request.messages).content)}"` }),
  ],
  [
    "gives reasons without a word of the prompt",
    "quotes in its ranking",
    () =>
      byRank(({ candidates, request }) =>
        inOrder(candidates).map((entry) => ({ ...entry, reason: textOf(request.messages[0]?.content).slice(0, 6) })),
      ),
  ],
];

/** The element, or a fault as an author's code would have it. */
function at<T>(list: readonly T[], index: number): T & number {
  if (!(index in list)) throw new TypeError("Cannot read properties of undefined");
  return list[index] as T & number;
}

describe("the strategy suite has teeth", () => {
  it.each(FAULTS)("%s: %s", async (name, _fault, make) => {
    const found = strategyConformance({ setUp: make }).find((one) => one.name === name);
    await expect(found?.run()).rejects.toThrow();
  });

  it("in every case", () => {
    const names = strategyConformance({ setUp: () => byScore(() => 0) }).map(({ name }) => name);
    expect([...new Set(FAULTS.map(([name]) => name))].sort()).toEqual([...names].sort());
  });

  it("says what is wrong", async () => {
    const messages: string[] = [];
    const endless = byScore((seen) => {
      while (seen.ttftMs > 0);
      return 0;
    });
    for (const { run } of strategyConformance({ setUp: () => endless }))
      await run().catch(({ message }) => messages.push(message));
    expect(new Set(messages)).toContain("conformance: it takes too many looks at 4 candidates, or goes on for ever");
  });

  it("lets a strategy of one line pass", async () => {
    const cheapest = byScore(({ expectedCostUsd }) => -expectedCostUsd);
    for (const { run } of strategyConformance({ setUp: async () => cheapest })) await run();
  });
});
