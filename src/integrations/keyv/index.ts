/**
 * Any Keyv store behind the cache.
 *
 * @module signalbox/keyv
 */

import type { Store } from "../../contract/store.js";
import { checkMethods } from "../../errors/check-options.js";

/** What is used of a Keyv 5; an object with these methods will do. */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttlMs?: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  clear(): Promise<unknown>;
  disconnect?(): Promise<unknown>;
  on?(event: "error", listener: (error: unknown) => void): unknown;
}

/**
 * A Keyv 5 as the second tier of a cache, and with it whatever Keyv has an adapter for: SQLite, Redis, Postgres, a file.
 * Keyv is handed in; this package does not depend on it. Keyv swallows its adapter's errors and emits them instead:
 * here they count as failures of the call under way, so that the cache can leave a broken store alone. Give the Keyv a
 * `namespace` of its own: `cache.clear()` clears it. (Over a plain `Map`, Keyv clears the whole Map.)
 *
 * @throws SignalboxError `invalid_options` for anything but a Keyv
 * @example
 * import Keyv from "keyv";
 * import KeyvRedis from "@keyv/redis";
 * const keyv = new Keyv({ store: new KeyvRedis("redis://localhost:6379"), namespace: "answers" });
 * const cache = createCache({ maxBytes: 64 * 1024 * 1024, store: keyvStore(keyv) });
 */
export function keyvStore(keyv: KeyvLike): Store {
  checkMethods(keyv, "keyv", ["get", "set", "delete"], "a Keyv");
  let errors = 0;
  let last: unknown;
  // Also keeps Keyv from throwing an error that nobody listens to.
  keyv.on?.("error", (error) => {
    errors++;
    last = error;
  });

  /** Makes a call; an error emitted meanwhile is its failure, unless it brought a result all the same. */
  async function call<T>(work: () => Promise<T>, failed: (result: T) => boolean): Promise<T> {
    const before = errors;
    const result = await work();
    if (errors !== before && failed(result)) throw last;
    return result;
  }

  return {
    get: (key) =>
      call(
        () => keyv.get(key),
        (found) => found === undefined || found === null,
      ),
    async set(key, value, ttlMs) {
      const done = await call(
        () => keyv.set(key, value, ttlMs),
        () => true,
      );
      if (done === false) throw new Error("Keyv did not store the entry");
    },
    async delete(key) {
      // `false` is no failure: the key may not have been there.
      await call(
        () => keyv.delete(key),
        () => true,
      );
    },
    async clear() {
      await call(
        () => keyv.clear(),
        () => true,
      );
    },
    async close() {
      await keyv.disconnect?.();
    },
  };
}
