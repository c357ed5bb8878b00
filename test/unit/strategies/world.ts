import type { CandidateSnapshot, Characteristics, StrategyContext } from "../../../src/contract/strategy.js";
import { seededRandom } from "../../../src/core/random.js";

/** A healthy, measured candidate; say only what matters. */
export function candidate(about: Partial<CandidateSnapshot> & { id: string }): CandidateSnapshot {
  return {
    provider: about.id.split("/")[0]!,
    model: about.id.split("/")[1] ?? about.id,
    info: {
      id: about.id,
      contextWindow: 100_000,
      maxOutput: null,
      usdPerMTok: null,
      capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
    },
    tier: 2,
    position: 0,
    expectedCostUsd: 0.001,
    expectedLatencyMs: 1_000,
    ttftMs: 400,
    tokensPerSecond: 50,
    successRate: 0.99,
    successLowerBound: 0.97,
    recentSuccessRate: 0.99,
    samples: 200,
    attempts: 200,
    idleMs: 30_000,
    inFlight: 0,
    headroom: 1,
    expectedCachedTokens: 0,
    quality: { mean: 0.8, sd: 0, samples: 0 },
    ...about,
  };
}

/** Candidates in listed order. */
export function candidates(...list: (Partial<CandidateSnapshot> & { id: string })[]): CandidateSnapshot[] {
  return list.map((about, position) => candidate({ position, ...about }));
}

export const calm: Characteristics = {
  kind: "chat",
  complexity: 0.3,
  tokens: { input: 500, output: 300 },
  needs: [],
  sensitivity: { cost: "medium", latency: "medium", urgency: "low" },
  pinned: false,
};

/** A decision in which nothing is measured again, unless a sequence says so. */
export const QUIET_SEQUENCE = 1;

export function context(list: readonly CandidateSnapshot[], about: Partial<StrategyContext> = {}): StrategyContext {
  return {
    request: { messages: [{ role: "user", content: "Why is the sky blue?" }] },
    characteristics: calm,
    candidates: list,
    random: seededRandom(1),
    sequence: QUIET_SEQUENCE,
    nowMs: 60_000,
    incumbent: undefined,
    ...about,
  };
}
