import type { ChatRequest } from "../../../src/chat/request.js";
import type { CandidateSnapshot, Characteristics, Strategy, StrategyContext } from "../../../src/contract/strategy.js";
import { type Random, seededRandom } from "../../../src/core/random.js";
import { createCharacteristics } from "../../../src/strategies/characteristics/characteristics.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import {
  createLearner,
  type Learner,
  type LearnerTicket,
  type LearnerView,
} from "../../../src/strategies/learner/learner.js";

/** A prompt with all that the router would read from it, worked out once by the router's own code. */
export interface Prompt {
  readonly request: ChatRequest;
  readonly characteristics: Characteristics;
  readonly view: LearnerView;
  readonly ticket: LearnerTicket;
}

/** A learner that reads features, as it does once somebody gave feedback. */
function listening(): Learner {
  const learner = createLearner();
  learner.feedback("nobody", 2, undefined, 1);
  return learner;
}

export function readPrompts(texts: readonly string[], taskTypes?: readonly string[]): Prompt[] {
  const learner = listening();
  return texts.map((text, index) => {
    const request: ChatRequest = { messages: [{ role: "user", content: text }] };
    const taskType = taskTypes?.[index];
    const characteristics = createCharacteristics(request, taskType === undefined ? {} : { taskType });
    const lazy = learner.view(request, characteristics);
    const ticket = lazy.ticket();
    const view: LearnerView = {
      kind: lazy.kind,
      difficulty: lazy.difficulty,
      features: lazy.features,
      ticket: () => ticket,
    };
    return { request, characteristics, view, ticket };
  });
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/** One arm: a candidate that always answers, always equally fast, so that quality and price alone decide. */
export interface ArmSpec {
  readonly id: string;
  readonly tier: 1 | 2 | 3;
}

/** The router's decision, without its I/O: learner, snapshots, strategy and chooser are the library's own. */
export interface World {
  readonly learner: Learner;
  /** Index of the arm that is asked; `costUsd` is what each arm would cost. */
  decide(prompt: Prompt, costUsd: readonly number[]): number;
  feedback(arm: number, prompt: Prompt, score: number): void;
}

export function createWorld(arms: readonly ArmSpec[], strategy: Strategy, seed: number): World {
  const learner = createLearner();
  const chooser = createChooser({ strategy });
  const candidates = arms.map((arm, position) => snapshotOf(arm, position));
  const random: Random = seededRandom(seed);
  const askedAtMs = arms.map(() => Number.NEGATIVE_INFINITY);
  let sequence = 0;
  return {
    learner,
    decide(prompt, costUsd) {
      for (const [index, candidate] of candidates.entries()) {
        candidate.expectedCostUsd = costUsd[index]!;
        learner.quality(prompt.view, candidate.id, candidate.tier, candidate.quality);
      }
      const context: StrategyContext = {
        request: prompt.request,
        characteristics: prompt.characteristics,
        candidates,
        random,
        sequence: sequence++,
        nowMs: sequence * 10_000,
        incumbent: chooser.incumbent,
      };
      for (const [index, candidate] of candidates.entries()) candidate.idleMs = context.nowMs - askedAtMs[index]!;
      const chosen = chooser.begin().pick(context)!;
      candidates[chosen.position]!.attempts += 1;
      askedAtMs[chosen.position] = context.nowMs;
      return chosen.position;
    },
    feedback(arm, prompt, score) {
      learner.feedback(arms[arm]!.id, arms[arm]!.tier, prompt.ticket, score);
    },
  };
}

function snapshotOf(
  { id, tier }: ArmSpec,
  position: number,
): Writable<CandidateSnapshot> & { quality: { mean: number; sd: number; samples: number } } {
  return {
    id,
    provider: id,
    model: id,
    info: {
      id,
      contextWindow: 100_000,
      maxOutput: null,
      usdPerMTok: null,
      capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
    },
    tier,
    position,
    expectedCostUsd: 0,
    expectedLatencyMs: 1_000,
    ttftMs: 500,
    tokensPerSecond: 50,
    successRate: 1,
    successLowerBound: 0.99,
    recentSuccessRate: 1,
    samples: 100,
    attempts: 0,
    idleMs: 1_000,
    inFlight: 0,
    headroom: 1,
    expectedCachedTokens: 0,
    quality: { mean: 0.5, sd: 0, samples: 0 },
  };
}
