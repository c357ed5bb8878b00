import type { ChatRequest } from "../../chat/request.js";
import type { CandidateSnapshot, Strategy } from "../../contract/strategy.js";
import { type ConformanceCase, ensure, ensureSame, pause } from "./case.js";
import { decideAll, WORLDS } from "./strategy-cases-worlds.js";
import { decide, judged, ranking, scoreOf, type Verdict } from "./strategy-harness.js";
import type { StrategyConformanceOptions } from "./strategy-options.js";
import { contextOf, HELLO, lineUp, Meter, measured, type World } from "./strategy-worlds.js";

const MANY = Array.from({ length: 24 }, (_, index) => index);

/** Words that stand in no reason by chance. */
const PRIVATE = ["xylocarp", "quizzify", "vorbeten", "nebelhorn", "zwieback"] as const;

const SECRET: ChatRequest = {
  messages: [
    { role: "system", content: PRIVATE[0] },
    { role: "user", content: [{ type: "text", text: PRIVATE[1] }] },
    {
      role: "assistant",
      content: PRIVATE[2],
      tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: `{"at":"${PRIVATE[3]}"}` } }],
    },
    { role: "tool", tool_call_id: "call_1", content: PRIVATE[4] },
    { role: "user", content: PRIVATE[0] },
  ],
};

/** What every strategy has to do. */
export function strategyCases({ setUp }: StrategyConformanceOptions): ConformanceCase[] {
  const strategyCase = (name: string, run: (strategy: Strategy) => Promise<void> | void): ConformanceCase => ({
    name,
    run: async () => run(await setUp()),
  });
  return [
    strategyCase("names itself and says how it judges", ({ name, score, rank }) => {
      ensure(typeof name === "string" && name.trim() !== "", "it needs a name");
      ensure(typeof (rank ?? score) === "function", "it needs a score or a rank function");
    }),
    strategyCase("gives numbers for scores", (strategy) => {
      if (strategy.rank !== undefined) return;
      const { context } = decision();
      for (const index of context.candidates.keys()) scoreOf(strategy, context, index);
    }),
    strategyCase("ranks only candidates that it was given, each once", (strategy) => {
      if (strategy.rank === undefined) return;
      for (const world of [{}, { count: 1 }, { positions: [2, 5] }]) ranking(strategy, decision(world).context);
    }),
    ...WORLDS.map(([name, worlds]) => ({ name, run: () => decideAll(setUp, worlds) })),
    strategyCase("leaves candidates, request and messages as they are", (strategy) => {
      // Nothing is frozen here, so that what was changed shows instead of throwing.
      const request = structuredClone(SECRET);
      const { context, meter } = decision({ request });
      const before = picture(context.candidates, context.characteristics);
      judged(strategy, context, meter);
      ensureSame(picture(context.candidates, context.characteristics), before, "the candidates afterwards");
      ensureSame(request, SECRET, "the request afterwards");
    }),
    strategyCase("decides the same with the same seed, at any time", async (strategy) => {
      const first = decide(strategy, { count: 5 }, MANY);
      await pause(5);
      const second = decide(await setUp(), { count: 5 }, MANY);
      ensureAlike(second, first, "made again (the context has a random and a nowMs)");
    }),
    strategyCase("decides each time as if it were the first", (strategy) => {
      const there = decide(strategy, {}, MANY);
      const back = decide(strategy, {}, [...MANY].reverse()).reverse();
      ensureAlike(back, there, "made again after others (a strategy keeps no state)");
    }),
    strategyCase("reads the numbers anew for every decision", (strategy) => {
      // One list of candidates serves all requests; only its numbers change.
      let numbers = measured;
      const later = (index: number) => measured(9 - 2 * index);
      const meter = new Meter(8);
      const candidates = Object.freeze([...lineUp({}, meter, (index) => numbers(index))]);
      judged(strategy, contextOf(candidates, meter, 2), meter);
      numbers = later;
      const seen = judged(strategy, contextOf(candidates, meter, 3), meter);
      const fresh = judged(strategy, contextOf(lineUp({ numbers: later }, meter), meter, 3), meter);
      ensureAlike([seen], [fresh], "on changed numbers");
    }),
    strategyCase("says chances that add up to at most 1", (strategy) => {
      for (const world of [{}, { count: 1 }, { count: 2 }, { count: 5 }]) {
        for (const { order, chances } of decide(strategy, world, MANY)) {
          let sum = 0;
          for (const chance of chances.values()) {
            ensure(chance >= 0 && chance <= 1, `a propensity is from 0 to 1, it says ${chance}`);
            sum += chance;
          }
          ensure(sum <= 1 + 1e-6, `its propensities add up to ${sum}`);
          ensure(chances.get(order[0] as string) !== 0, "it put first what it says has no chance");
        }
      }
    }),
    strategyCase("gives reasons without a word of the prompt", (strategy) => {
      for (const { reasons } of decide(strategy, { request: SECRET })) {
        for (const word of PRIVATE)
          ensure(!reasons.some((reason) => reason.includes(word.slice(0, 6))), "a reason quotes the request");
      }
    }),
  ];
}

function decision(world: World = {}) {
  const meter = new Meter(world.count ?? 4);
  return { meter, context: contextOf(lineUp(world, meter), meter, 0, world.request ?? HELLO) };
}

/** What a strategy could change of the candidates. */
function picture(candidates: readonly CandidateSnapshot[], more: unknown): unknown {
  return [candidates.map(({ id, position, info, tier }) => ({ id, position, info, tier })), more];
}

/** Throws at the first decision that came out otherwise; chances and infinite scores count, too. */
function ensureAlike(got: readonly Verdict[], wanted: readonly Verdict[], what: string): void {
  const told = ({ order, scores, chances }: Verdict) => [order, scores.map(String), [...chances]];
  for (const [index, verdict] of wanted.entries())
    ensureSame(told(got[index] as Verdict), told(verdict), `decision ${index} ${what}`);
}
