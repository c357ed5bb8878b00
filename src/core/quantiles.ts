import { decayFactor } from "./decay.js";

/** How far a quantile may lie from a value of that rank, as a share of it. */
export const QUANTILE_RELATIVE_ERROR = 0.01;
/** The range in which that holds; values outside are counted at its ends. */
export const MIN_VALUE = 1e-3;
export const MAX_VALUE = 1e9;

const GAMMA = (1 + QUANTILE_RELATIVE_ERROR) / (1 - QUANTILE_RELATIVE_ERROR);
const PER_LOG = 1 / Math.log(GAMMA);
const OFFSET = Math.ceil(Math.log(MIN_VALUE) * PER_LOG);
const BUCKETS = Math.ceil(Math.log(MAX_VALUE) * PER_LOG) - OFFSET + 1;
const CHUNK_BITS = 6;
const CHUNK = 1 << CHUNK_BITS;
const CHUNKS = Math.ceil(BUCKETS / CHUNK);
/** Past this weight of one sample all buckets are scaled back, long before doubles lose precision. */
const RESCALE_AT = 2 ** 40;

export interface QuantileState {
  /** `[bucket, weight]` pairs, sorted by bucket. */
  readonly buckets: readonly (readonly [number, number])[];
}

export interface QuantileSketchOptions {
  /** Milliseconds after which a sample counts half; without it nothing is forgotten. */
  readonly halfLifeMs?: number | undefined;
}

/**
 * Quantile sketch over positive numbers with logarithmic buckets (the scheme of DDSketch, Masson et al., VLDB 2019):
 * whatever the distribution, a quantile is within {@link QUANTILE_RELATIVE_ERROR} of a value that has that rank. Takes
 * 0.5 kB per factor of 3.6 between the values it has seen; adding costs one logarithm and allocates nothing once its
 * chunks exist.
 */
export class QuantileSketch {
  readonly #halfLifeMs: number | undefined;
  readonly #chunks: (Float64Array | undefined)[] = new Array<Float64Array | undefined>(CHUNKS).fill(undefined);
  #total = 0;
  /** Newer samples weigh more, which is the same as older ones fading, and touches no bucket. */
  #unit = 1;
  #at = Number.NEGATIVE_INFINITY;

  constructor(options: QuantileSketchOptions = {}) {
    this.#halfLifeMs = options.halfLifeMs;
  }

  /** Samples it rests on, decayed to the last one added. */
  get weight(): number {
    return this.#total / this.#unit;
  }

  /** Counts a value; `NaN` is ignored. `nowMs` matters only where a half-life is set. */
  add(value: number, nowMs = 0): void {
    if (Number.isNaN(value)) return;
    if (this.#halfLifeMs !== undefined) this.#advance(nowMs, this.#halfLifeMs);
    this.#put(bucketOf(value), this.#unit);
  }

  #advance(nowMs: number, halfLifeMs: number): void {
    if (nowMs <= this.#at) return;
    if (this.#at !== Number.NEGATIVE_INFINITY) this.#unit /= decayFactor(nowMs - this.#at, halfLifeMs);
    this.#at = nowMs;
    if (this.#unit > RESCALE_AT) this.#scale(1 / this.#unit);
  }

  #scale(by: number): void {
    this.#total *= by;
    if (!(this.#total > 1e-9)) this.#total = 0;
    for (let c = 0; c < CHUNKS; c++) {
      const chunk = this.#chunks[c];
      if (chunk === undefined) continue;
      if (this.#total === 0) chunk.fill(0);
      else for (let i = 0; i < CHUNK; i++) chunk[i] = (chunk[i] ?? 0) * by;
    }
    this.#unit = 1;
  }

  #put(bucket: number, weight: number): void {
    const at = bucket >> CHUNK_BITS;
    let chunk = this.#chunks[at];
    if (chunk === undefined) {
      chunk = new Float64Array(CHUNK);
      this.#chunks[at] = chunk;
    }
    const slot = bucket & (CHUNK - 1);
    chunk[slot] = (chunk[slot] ?? 0) + weight;
    this.#total += weight;
  }

  /** The `p`-quantile (0..1), or `NaN` before the first value. */
  quantile(p: number): number {
    if (!(this.#total > 0)) return Number.NaN;
    const rank = Math.min(Math.max(p, 0), 1) * this.#total;
    let seen = 0;
    let last = 0;
    for (let c = 0; c < CHUNKS; c++) {
      const chunk = this.#chunks[c];
      if (chunk === undefined) continue;
      for (let i = 0; i < CHUNK; i++) {
        const weight = chunk[i] ?? 0;
        if (weight <= 0) continue;
        seen += weight;
        last = (c << CHUNK_BITS) + i;
        if (seen >= rank) return midOf(last);
      }
    }
    return midOf(last);
  }

  clear(): void {
    this.#chunks.fill(undefined);
    this.#total = 0;
    this.#unit = 1;
    this.#at = Number.NEGATIVE_INFINITY;
  }

  /** Plain JSON; weights as of the last sample. */
  state(): QuantileState {
    const buckets: [number, number][] = [];
    for (let c = 0; c < CHUNKS; c++) {
      const chunk = this.#chunks[c];
      if (chunk === undefined) continue;
      for (let i = 0; i < CHUNK; i++) {
        const weight = chunk[i] ?? 0;
        if (weight > 0) buckets.push([(c << CHUNK_BITS) + i, weight / this.#unit]);
      }
    }
    return { buckets };
  }

  /** Adds what another sketch saw, in this or another process; the error bound stays. Foreign rubbish is skipped. */
  merge(state: QuantileState): void {
    for (const [bucket, weight] of state.buckets) {
      if (Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS && weight > 0 && Number.isFinite(weight)) {
        this.#put(bucket, weight * this.#unit);
      }
    }
  }
}

function bucketOf(value: number): number {
  if (value <= MIN_VALUE) return 0;
  if (value >= MAX_VALUE) return BUCKETS - 1;
  return Math.min(Math.max(Math.ceil(Math.log(value) * PER_LOG) - OFFSET, 0), BUCKETS - 1);
}

/** The middle of a bucket's bounds in the sense that both ends are equally wrong, relatively. */
function midOf(bucket: number): number {
  return (2 * Math.exp((bucket + OFFSET) / PER_LOG)) / (GAMMA + 1);
}
