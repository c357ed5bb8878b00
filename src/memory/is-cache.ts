import type { Cache } from "./types.js";

/** Whether a cache was handed in, rather than options for one. */
export function isCache(given: object): given is Cache {
  return "get" in given && typeof given.get === "function" && "set" in given && typeof given.set === "function";
}
