import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/contract/store.js";
import { storeConformance } from "../../../src/testing/conformance/store.js";
import { createVirtualClock, type VirtualClock } from "../../../src/testing/virtual-clock.js";
import { type MapEntry, type MapStore, mapStore } from "./map-store.js";

/** Makes a bad store of a good one. */
type Spoil = (good: MapStore, data: Map<string, MapEntry>, clock: VirtualClock) => Store;

const keyed =
  (change: (key: string) => string): Spoil =>
  (good) => ({
    get: (key) => good.get(change(key)),
    set: (key, value, ttlMs) => good.set(change(key), value, ttlMs),
    delete: (key) => good.delete(change(key)),
  });

const setting =
  (set: (good: MapStore, key: string, value: unknown, ttlMs: number | undefined) => Promise<void>): Spoil =>
  (good) => ({ ...good, set: (key, value, ttlMs) => set(good, key, value, ttlMs) });

const reading =
  (read: (value: unknown) => unknown): Spoil =>
  (good) => ({ ...good, get: async (key) => read(await good.get(key)) });

const deleting =
  (which: (key: string, other: string) => boolean): Spoil =>
  (good, data) => ({
    ...good,
    async delete(key) {
      for (const other of data.keys()) if (which(key, other.slice("mine:".length))) data.delete(other);
    },
  });

/** Keeps objects instead of their text. */
const objects =
  (coming: (value: unknown) => unknown, going: (value: unknown) => unknown): Spoil =>
  () => {
    const data = new Map<string, unknown>();
    return {
      get: async (key) => going(data.get(key)),
      set: async (key, value) => void data.set(key, coming(value)),
      delete: async (key) => void data.delete(key),
    };
  };

/** One fault that authors make for each case, and the case that tells it. */
const FAULTS: { readonly [name: string]: { readonly [fault: string]: Spoil } } = {
  "gives back what was set, the last value for each key": {
    "keeps the first": setting(async (good, key, value, ttlMs) => {
      if ((await good.get(key)) === undefined) await good.set(key, value, ttlMs);
    }),
    "gives what it wraps": reading((value) => ({ value })),
  },
  "gives nothing for what was never set": {
    "something for nothing": reading((value) => value ?? {}),
    "an object for a map": () => {
      const data: { [key: string]: unknown } = {};
      return {
        get: async (key) => data[key],
        set: async (key, value) => void Object.assign(data, { [key]: value }),
        delete: async (key) => void delete data[key],
      };
    },
  },
  "gives values back equal": {
    "one byte for each character": reading((value) =>
      JSON.parse(Buffer.from(JSON.stringify(value) ?? "null", "latin1").toString("latin1")),
    ),
    "nothing for what is false": reading((value) => value || undefined),
    "no more than 64 KiB": setting(async (good, key, value, ttlMs) => {
      if (JSON.stringify(value).length < 65_536) await good.set(key, value, ttlMs);
    }),
    "parses texts": reading((value) => (value === "null" || value === "{}" ? JSON.parse(value) : value)),
  },
  "keeps values of its own": {
    "the caller's object": objects((value) => value, structuredClone),
    "one object for all readers": objects(structuredClone, (value) => value),
  },
  "deletes an entry and no other": {
    "all that begins like it": deleting((key, other) => other.startsWith(key)),
    nothing: deleting(() => false),
    "for ever": (good) => {
      const gone = new Set<string>();
      const get = async (key: string) => (gone.has(key) ? undefined : good.get(key));
      return { ...good, get, delete: async (key) => void gone.add(key) };
    },
  },
  "clears all that is its own": {
    everybody: (good, data) => ({ ...good, clear: async () => data.clear() }),
    nothing: (good) => ({ ...good, clear: async () => {} }),
    "one entry": (good) => ({ ...good, clear: () => good.delete("a") }),
  },
  "keeps out of its neighbour's entries": { "its neighbour's prefix": (_good, data) => mapStore("mine-too:", data) },
  "does 100 operations at once": {
    "a file written as a whole": () => {
      let file = "{}";
      const write = async (change: (all: Map<string, unknown>) => void) => {
        const all = new Map<string, unknown>(Object.entries(JSON.parse(file)));
        await null;
        change(all);
        file = JSON.stringify(Object.fromEntries(all));
      };
      return {
        get: async (key) => new Map(Object.entries(JSON.parse(file))).get(key),
        set: (key, value) => write((all) => all.set(key, value)),
        delete: (key) => write((all) => all.delete(key)),
      };
    },
    "busy with another": (good) => {
      let busy = 0;
      const set: Store["set"] = async (...entry) => {
        if (++busy > 10) throw new Error("too many connections");
        await null;
        await good.set(...entry);
        busy -= 1;
      };
      return { ...good, set };
    },
  },
  "takes any key, and never gives another key's value": {
    "cut at 255": keyed((key) => key.slice(0, 255)),
    "without case": keyed((key) => key.toLowerCase()),
    "without blanks": keyed((key) => key.trim()),
    "in one form of Unicode": keyed((key) => key.normalize("NFC")),
    "as file names": keyed((key) => key.replace(/[/\\:]/g, "_")),
    "as numbers": keyed((key) => (key.trim() !== "" && Number.isFinite(Number(key)) ? String(Number(key)) : key)),
    "parts between separators": keyed((key) => key.split(":").filter(Boolean).join(":")),
  },
  "deletes by the key alone, whatever is in it": {
    "as a pattern of SQL": deleting((key, other) => {
      const pattern = key
        .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
        .replace(/_/g, ".")
        .replace(/%/g, ".*");
      return new RegExp(`^${pattern}$`, "s").test(other);
    }),
  },
  "keeps entries as long as they live": {
    "taken for a date": setting((good, key, value, ttlMs) => good.set(key, value, ttlMs && ttlMs - 1_790_000_000_000)),
    "in 32 bits": setting((good, key, value, ttlMs) => good.set(key, value, ttlMs && ttlMs | 0)),
    "none for no lifetime": setting((good, key, value, ttlMs) => good.set(key, value, ttlMs ?? 0)),
  },
  "counts the lifetime of the last value set": {
    "a timer for each": (good, _data, clock) => ({
      ...good,
      async set(key, value, ttlMs) {
        await good.set(key, value);
        if (ttlMs !== undefined && ttlMs < 2 ** 31) clock.setTimeout(() => void good.delete(key), ttlMs);
      },
    }),
  },
  "lets entries go when their lifetime is over": {
    never: setting((good, key, value) => good.set(key, value)),
    "in seconds": setting((good, key, value, ttlMs) => good.set(key, value, ttlMs && ttlMs * 1_000)),
  },
};

function casesOf(spoil: Spoil) {
  const clock = createVirtualClock();
  return storeConformance({
    setUp() {
      const data = new Map<string, MapEntry>();
      return { store: spoil(mapStore("mine:", data, clock), data, clock), neighbour: mapStore("mine-too:", data) };
    },
    pass: (ms) => clock.advance(ms),
    patienceMs: 20,
  });
}

describe("the store suite has teeth", () => {
  const faults = Object.entries(FAULTS).flatMap(([name, some]) =>
    Object.entries(some).map(([fault, spoil]) => [name, fault, spoil] as const),
  );

  it.each(faults)("%s: %s", async (name, _fault, spoil) => {
    const found = casesOf(spoil).find((one) => one.name === name);
    await expect(found?.run()).rejects.toThrow();
  });

  it("in every case", () => {
    expect(Object.keys(FAULTS)).toEqual(casesOf((good) => good).map(({ name }) => name));
  });

  it("closes the store also where a case fails", async () => {
    let open = 0;
    const setUp = () => {
      open += 1;
      const close = () => {
        open -= 1;
      };
      return { store: { ...mapStore(), get: async () => "wrong" }, close };
    };
    for (const { run } of storeConformance({ setUp, patienceMs: 1 })) await run().catch(() => {});
    expect(open).toBe(0);
  });
});
