import type { Store } from "../../../src/contract/store.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

export interface MapEntry {
  readonly text: string;
  readonly endsMs: number;
}

export type MapStore = ReturnType<typeof mapStore>;

/** A store over a Map that does all that a store has to; several may share the Map, each under its prefix. */
export function mapStore(prefix = "", data = new Map<string, MapEntry>(), clock = createVirtualClock()) {
  return {
    async get(key: string): Promise<unknown> {
      const entry = data.get(prefix + key);
      return entry !== undefined && entry.endsMs > clock.now() ? JSON.parse(entry.text) : undefined;
    },
    async set(key: string, value: unknown, ttlMs = Number.POSITIVE_INFINITY) {
      data.set(prefix + key, { text: JSON.stringify(value), endsMs: clock.now() + ttlMs });
    },
    async delete(key: string) {
      data.delete(prefix + key);
    },
    async clear() {
      for (const key of data.keys()) if (key.startsWith(prefix)) data.delete(key);
    },
  } satisfies Store;
}
