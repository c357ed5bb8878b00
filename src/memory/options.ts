import type { Store } from "../contract/store.js";
import { type Clock, systemClock } from "../core/clock.js";
import { heapUsedBytes } from "../core/platform.js";
import { checkNames } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { EvictionPolicy } from "./policies/policy.js";
import type { CacheOptions } from "./types.js";

/** Options with every default filled in. */
export interface CacheSettings {
  readonly maxBytes: number;
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly policy: EvictionPolicy;
  readonly clock: Clock;
  readonly store: Store | undefined;
  readonly storeTimeoutMs: number;
  readonly storeQueue: number;
  readonly pressure: Pressure | undefined;
}

export interface Pressure {
  readonly heapBytes: number;
  readonly checkMs: number;
  readonly floor: number;
  readonly readHeapBytes: () => number;
}

/** Finite lifetimes are at most a hundred years; `Infinity` says "for ever". */
export const MAX_TTL_MS = 100 * 366 * 86_400_000;

/** No process holds more: 1 TiB. */
const MAX_BYTES = 2 ** 40;

export const CACHE_OPTION_NAMES: readonly (keyof CacheOptions)[] = [
  "maxBytes",
  "ttlMs",
  "maxEntries",
  "policy",
  "store",
  "storeTimeoutMs",
  "storeQueue",
  "pressure",
  "clock",
];

/** Whether a lifetime makes sense: 0 up to a hundred years, or `Infinity`. */
export function isTtl(ttlMs: unknown): ttlMs is number {
  return typeof ttlMs === "number" && ttlMs >= 0 && (ttlMs <= MAX_TTL_MS || ttlMs === Infinity);
}

/** Checks and fills in; throws `invalid_options` naming the path. */
export function readCacheOptions(options: CacheOptions, defaultPolicy: () => EvictionPolicy): CacheSettings {
  checkNames(options, "cache", CACHE_OPTION_NAMES);
  const ttlMs = options.ttlMs ?? 3_600_000;
  if (!isTtl(ttlMs))
    throw invalidOption("cache.ttlMs", "must be 0 or more milliseconds, at most a hundred years, or Infinity");
  const maxEntries = options.maxEntries ?? Infinity;
  if (maxEntries !== Infinity) whole("cache.maxEntries", maxEntries, 1, 2 ** 24);
  return {
    maxBytes: whole("cache.maxBytes", options.maxBytes ?? 64 * 1_024 * 1_024, 1, MAX_BYTES),
    ttlMs,
    maxEntries,
    policy: options.policy === undefined ? defaultPolicy() : shaped("cache.policy", options.policy, ["start"]),
    clock: options.clock === undefined ? systemClock : shaped("cache.clock", options.clock, ["now", "wallNow"]),
    store: options.store === undefined ? undefined : shaped("cache.store", options.store, ["get", "set", "delete"]),
    storeTimeoutMs: whole("cache.storeTimeoutMs", options.storeTimeoutMs ?? 50, 1, 60_000),
    storeQueue: whole("cache.storeQueue", options.storeQueue ?? 1_000, 1, 1_000_000),
    pressure: readPressure(options.pressure),
  };
}

function readPressure(pressure: CacheOptions["pressure"]): Pressure | undefined {
  if (pressure === undefined) return undefined;
  checkNames(pressure, "cache.pressure", ["heapBytes", "checkMs", "floor", "readHeapBytes"]);
  const floor = pressure.floor ?? 0.1;
  if (!(typeof floor === "number" && floor >= 0 && floor <= 1))
    throw invalidOption("cache.pressure.floor", "must be from 0 to 1");
  const read = pressure.readHeapBytes ?? heapUsedBytes;
  if (typeof read !== "function") throw invalidOption("cache.pressure.readHeapBytes", "must be a function");
  return {
    heapBytes: whole("cache.pressure.heapBytes", pressure.heapBytes, 1, MAX_BYTES),
    checkMs: whole("cache.pressure.checkMs", pressure.checkMs ?? 1_000, 1, 3_600_000),
    floor,
    readHeapBytes: read,
  };
}

/** A whole number within bounds. @throws SignalboxError `invalid_options` */
export function whole(path: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(path, `must be a whole number from ${least} to ${most}`);
}

function shaped<T extends object>(path: string, value: T, methods: readonly (keyof T & string)[]): T {
  for (const method of methods) {
    if (typeof value?.[method] !== "function")
      throw invalidOption(path, `must be an object with ${methods.join(", ")}`);
  }
  return value;
}
