import { seededRandom } from "../../../src/core/random.js";
import type { Outcome, Upstream } from "./upstream.js";
import { PROVIDERS, type World } from "./world.js";

export interface PolicyContext {
  readonly world: World;
  readonly upstream: Upstream;
  readonly instances: number;
  readonly seed: number;
}

/** One router instance as the simulation sees it. */
export interface Router {
  /** A provider that is not in `tried` and may be asked, or -1. */
  pick(request: number, atMs: number, tried: ReadonlySet<number>): number;
  /** A call begins; what it returns is handed back when the call ends. */
  start(provider: number, request: number, atMs: number, tried: ReadonlySet<number>): number;
  settle(provider: number, request: number, lease: number, atMs: number, outcome: Outcome): void;
  /** The request is over, one way or the other. */
  ended?(request: number, ok: boolean, costUsd: number, latencyMs: number): void;
}

export interface Policy {
  readonly name: string;
  readonly create: (context: PolicyContext) => Router;
}

const EVERYONE = PROVIDERS.map((_, index) => index);

function untried(tried: ReadonlySet<number>, cooled: (provider: number) => boolean): number[] {
  return EVERYONE.filter((provider) => !tried.has(provider) && !cooled(provider));
}

/** Smallest by a measure; the first of equals. */
function least(providers: readonly number[], measure: (provider: number) => number): number {
  let best = -1;
  let bestMeasure = Number.POSITIVE_INFINITY;
  for (const provider of providers) {
    const value = measure(provider);
    if (best !== -1 && value >= bestMeasure) continue;
    best = provider;
    bestMeasure = value;
  }
  return best;
}

/**
 * What LiteLLM's router does around every one of its strategies: a deployment rests 5 s after a 429, and when more than
 * half of at least 5 calls in the current minute failed. If all rest, none is asked.
 */
class CoolDowns {
  readonly #untilMs = PROVIDERS.map(() => Number.NEGATIVE_INFINITY);
  readonly #minute = PROVIDERS.map(() => -1);
  readonly #calls = PROVIDERS.map(() => 0);
  readonly #failures = PROVIDERS.map(() => 0);

  cooled(provider: number, atMs: number): boolean {
    return this.#untilMs[provider]! > atMs;
  }

  settle(provider: number, atMs: number, { kind }: Outcome): void {
    const minute = Math.floor(atMs / 60_000);
    if (this.#minute[provider] !== minute) {
      this.#minute[provider] = minute;
      this.#calls[provider] = 0;
      this.#failures[provider] = 0;
    }
    this.#calls[provider]! += 1;
    if (kind === "success" || kind === "deadline") return;
    this.#failures[provider]! += 1;
    const many = this.#calls[provider]! >= 5 && this.#failures[provider]! / this.#calls[provider]! > 0.5;
    if (kind === "rate_limit" || many) this.#untilMs[provider] = atMs + 5_000;
  }
}

/** A policy from a choice among those that do not rest, with calls in flight at hand. */
function simple(
  name: string,
  rests: boolean,
  make: (context: PolicyContext) => {
    choose(providers: readonly number[], inFlight: readonly number[], request: number, atMs: number): number;
    settled?(provider: number, outcome: Outcome, request: number): void;
  },
): Policy {
  return {
    name,
    create(context) {
      const coolDowns = new CoolDowns();
      const inFlight = PROVIDERS.map(() => 0);
      const { choose, settled } = make(context);
      return {
        pick(request, atMs, tried) {
          const free = untried(tried, (provider) => rests && coolDowns.cooled(provider, atMs));
          return free.length === 0 ? -1 : choose(free, inFlight, request, atMs);
        },
        start(provider) {
          inFlight[provider]! += 1;
          return 0;
        },
        settle(provider, request, _lease, atMs, outcome) {
          inFlight[provider]! -= 1;
          coolDowns.settle(provider, atMs, outcome);
          settled?.(provider, outcome, request);
        },
      };
    },
  };
}

const random = simple("random", false, ({ seed }) => {
  const draw = seededRandom(seed);
  return { choose: (free) => free[Math.floor(draw() * free.length)]! };
});

const roundRobin = simple("round-robin", false, () => {
  let turn = 0;
  return { choose: (free) => free[turn++ % free.length]! };
});

/** One provider first, the others in order behind it. */
export function fixed(first: number): Policy {
  return simple(`fixed: ${PROVIDERS[first]!.id} first`, false, () => ({
    choose: (free) => (free.includes(first) ? first : free[0]!),
  }));
}

/** LiteLLM simple-shuffle: random by rpm. */
const weightedShuffle = simple("LiteLLM simple-shuffle (by rpm)", true, ({ seed }) => {
  const draw = seededRandom(seed);
  return {
    choose(free) {
      let left = draw() * free.reduce((sum, provider) => sum + PROVIDERS[provider]!.rpm, 0);
      for (const provider of free) {
        left -= PROVIDERS[provider]!.rpm;
        if (left < 0) return provider;
      }
      return free[0]!;
    },
  };
});

const leastBusy = simple("LiteLLM least-busy", true, () => ({
  choose: (free, inFlight) => least(free, (provider) => inFlight[provider]!),
}));

/** LiteLLM lowest-latency: mean seconds per output token of the last 10 calls, a timeout counting 1,000 s; unseen ones first, ties at random. */
const lowestLatency = simple("LiteLLM lowest-latency", true, ({ seed, world }) => {
  const draw = seededRandom(seed);
  const last = PROVIDERS.map((): number[] => []);
  return {
    choose(free) {
      const shuffled = [...free].sort(() => draw() - 0.5);
      return least(shuffled, (provider) => {
        const list = last[provider]!;
        return list.length === 0 ? 0 : list.reduce((sum, value) => sum + value, 0) / list.length;
      });
    },
    settled(provider, { kind, latencyMs }, request) {
      if (kind !== "success" && kind !== "timeout") return;
      const list = last[provider]!;
      list.push(kind === "timeout" ? 1_000 : latencyMs / 1_000 / world.requests[request]!.outputTokens);
      if (list.length > 10) list.shift();
    },
  };
});

/** Knows every provider's present condition and how much of its limit is left. */
const oracle = simple("oracle (knows conditions and limits)", false, ({ world, upstream }) => ({
  choose: (free, _inFlight, index, atMs) =>
    least(free, (provider) => {
      const request = world.requests[index]!;
      if (!upstream.hasRoom(provider, request, atMs)) return 1e9;
      const { errors, hangs } = world.condition(provider, atMs);
      const works = Math.max(0.02, (1 - errors) * (1 - hangs));
      return (upstream.expectedMs(provider, request, atMs) + (1 - works) * 1_000 + hangs * 30_000) / works;
    }),
}));

export const BASELINES: readonly Policy[] = [random, roundRobin, weightedShuffle, leastBusy, lowestLatency];
export const ORACLE: Policy = oracle;
