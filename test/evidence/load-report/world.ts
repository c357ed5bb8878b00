import { seededRandom } from "../../../src/core/random.js";

/** A made-up provider; times are medians when nothing is wrong. */
export interface ProviderSpec {
  readonly id: string;
  readonly ttftMs: number;
  readonly tokensPerSecond: number;
  /** Spread of the logarithm of its times. */
  readonly sigma: number;
  readonly errorRate: number;
  readonly rpm: number;
  readonly tpm: number;
  /** Calls at once at which its times have doubled; with many more they treble and stay there. */
  readonly capacity: number;
  /** Dollars per million tokens. */
  readonly input: number;
  readonly output: number;
}

export const PROVIDERS: readonly ProviderSpec[] = [
  {
    id: "swift",
    ttftMs: 350,
    tokensPerSecond: 90,
    sigma: 0.45,
    errorRate: 0.01,
    rpm: 300,
    tpm: 330_000,
    capacity: 180,
    input: 0.6,
    output: 2.4,
  },
  {
    id: "steady",
    ttftMs: 700,
    tokensPerSecond: 60,
    sigma: 0.5,
    errorRate: 0.005,
    rpm: 480,
    tpm: 520_000,
    capacity: 240,
    input: 0.5,
    output: 2,
  },
  {
    id: "thrifty",
    ttftMs: 1_200,
    tokensPerSecond: 40,
    sigma: 0.6,
    errorRate: 0.02,
    rpm: 600,
    tpm: 650_000,
    capacity: 360,
    input: 0.15,
    output: 0.6,
  },
  {
    id: "grand",
    ttftMs: 900,
    tokensPerSecond: 50,
    sigma: 0.7,
    errorRate: 0.01,
    rpm: 240,
    tpm: 260_000,
    capacity: 150,
    input: 2,
    output: 8,
  },
];

/** What is wrong with a provider for a while. */
interface Episode {
  readonly provider: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Times are multiplied by this. */
  readonly slow: number;
  /** Share of calls that fail at once (after 200 ms). */
  readonly errors: number;
  /** Share of calls that never answer. */
  readonly hangs: number;
}

export interface Request {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Which troubles a scenario holds; load is in requests per second. */
export interface Scenario {
  readonly name: string;
  readonly rps: number;
  readonly bursts: boolean;
  readonly slowEpisodes: boolean;
  readonly errorBursts: boolean;
  readonly brownOut: boolean;
  readonly hang: boolean;
  readonly outage: boolean;
  readonly priceChange: boolean;
}

const CALM = {
  rps: 8,
  bursts: false,
  slowEpisodes: false,
  errorBursts: false,
  brownOut: false,
  hang: false,
  outage: false,
  priceChange: false,
};

/** Everything at once; the mix takes its parts one by one as well. */
export const EVERYTHING: Scenario = {
  name: "everything",
  rps: 8,
  bursts: true,
  slowEpisodes: true,
  errorBursts: true,
  brownOut: true,
  hang: true,
  outage: true,
  priceChange: true,
};
export const MIX: readonly Scenario[] = [
  { ...CALM, name: "calm" },
  { ...CALM, name: "bursts", rps: 8, bursts: true },
  { ...CALM, name: "slow episodes", slowEpisodes: true },
  { ...CALM, name: "error bursts", errorBursts: true },
  { ...CALM, name: "brown-out", brownOut: true },
  { ...CALM, name: "hang", hang: true },
  { ...CALM, name: "outage", outage: true },
  { ...CALM, name: "price change", priceChange: true },
  EVERYTHING,
];

export const LENGTH_MS = 1_800_000;

/** One seed's world: the same arrivals, troubles and luck for every policy. */
export class World {
  readonly requests: readonly Request[];
  readonly outage: { readonly provider: number; readonly fromMs: number; readonly toMs: number } | null;
  readonly #episodes: readonly Episode[][];
  readonly #phases: readonly number[];
  readonly #priceChange: { readonly provider: number; readonly atMs: number } | null;
  readonly #seed: number;

  constructor(scenario: Scenario, seed: number, lengthMs = LENGTH_MS) {
    this.#seed = seed;
    const random = seededRandom(seed * 7_919 + 13);
    const episodes: Episode[] = [];
    const at = (lasts: number) => Math.floor(random() * Math.max(1, lengthMs - lasts));
    const add = (provider: number, lasts: number, about: Partial<Episode>) => {
      const fromMs = at(lasts);
      episodes.push({ provider, fromMs, toMs: fromMs + lasts, slow: 1, errors: 0, hangs: 0, ...about });
      return { provider, fromMs, toMs: fromMs + lasts };
    };
    const any = () => Math.floor(random() * PROVIDERS.length);
    for (let provider = 0; provider < PROVIDERS.length; provider += 1) {
      for (let times = 0; times < 2; times += 1) {
        const slow = { lasts: 60_000 + random() * 120_000, slow: 2 + random() * 4 };
        const burst = { lasts: 20_000 + random() * 70_000, errors: 0.3 + random() * 0.6 };
        if (scenario.slowEpisodes) add(provider, slow.lasts, { slow: slow.slow });
        if (scenario.errorBursts) add(provider, burst.lasts, { errors: burst.errors });
      }
    }
    if (scenario.brownOut) add(any(), 120_000, { slow: 8 });
    if (scenario.hang) add(any(), 90_000, { hangs: 0.5 });
    this.outage = scenario.outage ? add(any(), 300_000, { errors: 1 }) : null;
    this.#priceChange = scenario.priceChange ? { provider: any(), atMs: lengthMs / 2 } : null;
    this.#episodes = PROVIDERS.map((_, provider) => episodes.filter((episode) => episode.provider === provider));
    this.#phases = PROVIDERS.map(() => random() * 2 * Math.PI);
    this.requests = arrivals(scenario, lengthMs, random);
  }

  /** How a provider is at a moment. */
  condition(provider: number, atMs: number): { slow: number; errors: number; hangs: number } {
    let slow = 1 + 0.2 * Math.sin(atMs / 240_000 + this.#phases[provider]!);
    let errors = PROVIDERS[provider]!.errorRate;
    let hangs = 0;
    for (const episode of this.#episodes[provider]!) {
      if (atMs < episode.fromMs || atMs >= episode.toMs) continue;
      slow *= episode.slow;
      errors = Math.max(errors, episode.errors);
      hangs = Math.max(hangs, episode.hangs);
    }
    return { slow, errors, hangs };
  }

  /** Dollars for a whole request. */
  costUsd(provider: number, { inputTokens, outputTokens }: Request, atMs: number): number {
    const { input, output } = PROVIDERS[provider]!;
    const dearer = this.#priceChange?.provider === provider && atMs >= this.#priceChange.atMs ? 3 : 1;
    return (dearer * (input * inputTokens + output * outputTokens)) / 1e6;
  }

  /** The luck of one attempt, 0..1: the same for every policy that makes it. */
  luck(request: number, provider: number, attempt: number, stream: number): number {
    let mixed = Math.imul(this.#seed + 1, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca6b);
    mixed ^= Math.imul(provider * 16 + attempt * 4 + stream + 1, 0xc2b2ae35);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
  }
}

function arrivals({ rps, bursts }: Scenario, lengthMs: number, random: () => number): Request[] {
  const requests: Request[] = [];
  for (let atMs = 0; atMs < lengthMs; ) {
    // Every fourth minute the load doubles.
    const rate = bursts && Math.floor(atMs / 60_000) % 4 === 3 ? 2 * rps : rps;
    atMs += (-Math.log(1 - random()) * 1_000) / rate;
    const inputTokens = Math.round(400 * Math.exp(0.8 * gauss(random)));
    requests.push({ atMs, inputTokens, outputTokens: Math.max(5, Math.round(220 * Math.exp(0.6 * gauss(random)))) });
  }
  return requests;
}

/** A normal draw from two uniform ones. */
export function gauss(random: () => number): number {
  return normalOf(random(), random());
}

export function normalOf(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}
