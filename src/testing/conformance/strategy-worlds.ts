import type { ChatRequest } from "../../chat/request.js";
import type { ModelInfo } from "../../contract/provider.js";
import type { CandidateSnapshot, Characteristics, QualityEstimate, StrategyContext } from "../../contract/strategy.js";
import { seededRandom } from "../../core/random.js";

/** What was measured of one candidate. */
export type Numbers = Omit<CandidateSnapshot, "id" | "provider" | "model" | "info" | "tier" | "position">;

/** One decision, described. */
export interface World {
  /** @default 4 */
  readonly count?: number;
  /** What was measured of the candidate at `index`, where it is not {@link measured}. */
  readonly numbers?: (index: number) => Partial<Numbers>;
  readonly request?: ChatRequest;
  /** Listed places of those that may run; the others are excluded. @default all */
  readonly positions?: readonly number[];
}

/** Counts the looks at numbers and random; past the limit it throws, so that no loop is endless. */
export class Meter {
  #left: number;

  constructor(count: number) {
    this.#left = 10_000 + 10 * count * count;
  }

  get over(): boolean {
    return this.#left < 0;
  }

  look(): void {
    if (this.#left >= 0) this.#left -= 1;
    if (this.over) throw new Error("looked too often");
  }
}

/** A candidate as a router shows it: its numbers are getters of its class, which a copy by spread does not have. */
class Candidate implements CandidateSnapshot {
  readonly provider: string;
  readonly model: string;
  readonly info: ModelInfo;
  readonly tier: 1 | 2 | 3;
  readonly #meter: Meter;
  readonly #numbers: () => Numbers;

  constructor(
    readonly id: string,
    readonly position: number,
    numbers: () => Numbers,
    meter: Meter,
  ) {
    [this.provider = "", this.model = ""] = id.split("/");
    this.tier = ((position % 3) + 1) as 1 | 2 | 3;
    this.info = { id: this.model, contextWindow: 100_000, maxOutput: null, usdPerMTok: null, capabilities: NOTHING };
    this.#meter = meter;
    this.#numbers = numbers;
  }

  #read<Name extends keyof Numbers>(name: Name): Numbers[Name] {
    this.#meter.look();
    return this.#numbers()[name];
  }

  get expectedCostUsd(): number {
    return this.#read("expectedCostUsd");
  }
  get expectedLatencyMs(): number {
    return this.#read("expectedLatencyMs");
  }
  get ttftMs(): number {
    return this.#read("ttftMs");
  }
  get tokensPerSecond(): number {
    return this.#read("tokensPerSecond");
  }
  get successRate(): number {
    return this.#read("successRate");
  }
  get successLowerBound(): number {
    return this.#read("successLowerBound");
  }
  get recentSuccessRate(): number {
    return this.#read("recentSuccessRate");
  }
  get samples(): number {
    return this.#read("samples");
  }
  get attempts(): number {
    return this.#read("attempts");
  }
  get idleMs(): number {
    return this.#read("idleMs");
  }
  get inFlight(): number {
    return this.#read("inFlight");
  }
  get outstandingMs(): number | undefined {
    return this.#read("outstandingMs");
  }
  get headroom(): number {
    return this.#read("headroom");
  }
  get expectedCachedTokens(): number {
    return this.#read("expectedCachedTokens");
  }
  get quality(): QualityEstimate {
    return this.#read("quality");
  }
}

const NOTHING = { tools: false, vision: false, thinking: "none", json: "none" } as const;

/** Healthy and measured, no two alike. */
export function measured(index: number): Numbers {
  return {
    expectedCostUsd: 0.0004 * (1 + ((index * 5) % 7)),
    expectedLatencyMs: 900 + 130 * ((index * 3) % 11),
    ttftMs: 300 + 40 * (index % 5),
    tokensPerSecond: 40 + 7 * (index % 6),
    successRate: 0.99 - 0.01 * (index % 4),
    successLowerBound: 0.96 - 0.01 * (index % 4),
    recentSuccessRate: 0.99,
    samples: 200,
    attempts: 250,
    idleMs: 2_000 + index,
    inFlight: index % 3,
    outstandingMs: 50 * (index % 3),
    headroom: 1,
    expectedCachedTokens: 0,
    quality: { mean: 0.7 + 0.02 * (index % 9), sd: 0.05, samples: 20 },
  };
}

export const HELLO: ChatRequest = { messages: [{ role: "user", content: "Is the line clear?" }] };

/** The candidates of a world. @param live what was measured, read anew at each look */
export function lineUp(world: World, meter: Meter, live?: (index: number) => Numbers): readonly CandidateSnapshot[] {
  const positions = world.positions ?? Array.from({ length: world.count ?? 4 }, (_, index) => index);
  return positions.map((position) => {
    const own = { ...measured(position), ...world.numbers?.(position) };
    const id = `vendor-${position}/model-${position}`;
    return new Candidate(id, position, live ? () => live(position) : () => own, meter);
  });
}

/** What a strategy is told for decision number `sequence`. */
export function contextOf(
  candidates: readonly CandidateSnapshot[],
  meter: Meter,
  sequence: number,
  request: ChatRequest = HELLO,
): StrategyContext {
  const random = seededRandom(sequence + 7);
  return {
    request,
    characteristics: characteristics(),
    candidates,
    random: () => {
      meter.look();
      return random();
    },
    sequence,
    nowMs: 1_000_000 + 250 * sequence,
    incumbent: sequence % 2 === 0 ? undefined : candidates[0]?.id,
  };
}

function characteristics(): Characteristics {
  return {
    kind: "chat",
    complexity: 0.3,
    tokens: { input: 500, output: 300 },
    needs: [],
    sensitivity: { cost: "medium", latency: "medium", urgency: "low" },
    pinned: false,
  };
}
