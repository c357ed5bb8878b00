import { isDeepStrictEqual } from "node:util";
import type { Store } from "../../contract/store.js";
import { type ConformanceCase, ensure } from "./case.js";
import type { StoreConformanceOptions, StoreUnderTest } from "./store-options.js";

/** A case with a store of its own, closed whatever happens. */
export function storeCase(
  { setUp }: StoreConformanceOptions,
  name: string,
  run: (subject: StoreUnderTest) => Promise<void>,
): ConformanceCase {
  return {
    name,
    async run() {
      const subject = await setUp();
      try {
        await run(subject);
      } finally {
        await subject.close?.();
      }
    },
  };
}

/** Throws unless the store has this value under the key. */
export async function ensureHas(store: Store, key: string, wanted: unknown, when: string): Promise<void> {
  const found = await store.get(key);
  ensure(isDeepStrictEqual(found, wanted), `${when}: ${shown(key)} gives ${shown(found)}, not ${shown(wanted)}`);
}

/** Throws where the store has anything under the key; `null` counts as nothing. */
export async function ensureAbsent(store: Store, key: string, when: string): Promise<void> {
  const found = await store.get(key);
  ensure(isNothing(found), `${when}: ${shown(key)} gives ${shown(found)}, not undefined`);
}

/** Whether a store says that there is no entry. */
export function isNothing(found: unknown): boolean {
  return found === undefined || found === null;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
