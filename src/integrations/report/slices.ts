import { QuantileSketch } from "../../core/quantiles.js";
import type { RecordedSlice } from "./source.js";

/** Slices kept; past these two neighbours become one. */
const MAX_SLICES = 72;
/** Providers told apart in a slice; configured, so this is a guard. */
const MAX_PROVIDERS = 64;

interface OpenProvider {
  attempts: number;
  readonly latency: QuantileSketch;
}

/** A stretch of time being counted. */
export class OpenSlice {
  requests = 0;
  ok = 0;
  costUsd = 0;
  savedUsd = 0;
  lookups = 0;
  hits = 0;
  limited = 0;
  readonly providers = new Map<string, OpenProvider>();

  call(name: string, latencyMs: number | null): void {
    const known = this.providers.has(name) || this.providers.size < MAX_PROVIDERS ? name : "other";
    let provider = this.providers.get(known);
    if (!provider) {
      provider = { attempts: 0, latency: new QuantileSketch() };
      this.providers.set(known, provider);
    }
    provider.attempts += 1;
    if (latencyMs !== null) provider.latency.add(latencyMs);
  }

  merge(other: OpenSlice): void {
    this.requests += other.requests;
    this.ok += other.ok;
    this.costUsd += other.costUsd;
    this.savedUsd += other.savedUsd;
    this.lookups += other.lookups;
    this.hits += other.hits;
    this.limited += other.limited;
    for (const [name, theirs] of other.providers) {
      const ours = this.providers.get(name);
      if (!ours) this.providers.set(name, theirs);
      else {
        ours.attempts += theirs.attempts;
        ours.latency.merge(theirs.latency.state());
      }
    }
  }

  read(): RecordedSlice {
    const { requests, ok, costUsd, savedUsd, lookups, hits, limited } = this;
    const providers = [...this.providers].map(([name, { attempts, latency }]) => {
      const p95 = latency.quantile(0.95);
      return [name, { attempts, p95Ms: Number.isNaN(p95) ? null : p95 }] as const;
    });
    return { requests, ok, costUsd, savedUsd, lookups, hits, limited, providers: Object.fromEntries(providers) };
  }
}

/** A run cut into at most {@link MAX_SLICES} equal slices, however long it lasts. */
export class Slices {
  sliceMs: number;
  #open: OpenSlice[] = [];

  constructor(sliceMs: number) {
    this.sliceMs = sliceMs;
  }

  /** The slice that `atMs` falls into; times before the first count to it. */
  at(atMs: number): OpenSlice {
    while (atMs >= this.sliceMs * MAX_SLICES) this.#halve();
    const index = Math.max(0, Math.floor(atMs / this.sliceMs));
    for (let next = this.#open.length; next <= index; next++) this.#open.push(new OpenSlice());
    return this.#open[index] as OpenSlice;
  }

  read(): RecordedSlice[] {
    return this.#open.map((slice) => slice.read());
  }

  #halve(): void {
    const halved: OpenSlice[] = [];
    for (let at = 0; at < this.#open.length; at += 2) {
      const slice = this.#open[at] as OpenSlice;
      const next = this.#open[at + 1];
      if (next) slice.merge(next);
      halved.push(slice);
    }
    this.#open = halved;
    this.sliceMs *= 2;
  }
}
