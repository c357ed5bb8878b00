import { type Clock, systemClock } from "../../core/clock.js";
import { checkMethods, checkOptions } from "../../errors/check-options.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { RedisClient } from "./port.js";

/** How a fleet shares its state; checked once, a wrong value is kind `invalid_options` naming the path. */
export interface RedisStateOptions {
  /** A connected client of node-redis 5 or 6, or of ioredis 5; clusters and Valkey alike. It stays yours to close. */
  readonly client: RedisClient;
  /** What the fleet's keys and channel begin with; routers of one namespace act as one. @default "signalbox" */
  readonly namespace?: string | undefined;
  /** Milliseconds between heartbeats; news of breakers and cool-downs does not wait for them. @default 250 */
  readonly syncMs?: number | undefined;
  /** Milliseconds that a command may take; after that this process goes on alone. @default 1_000 */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds that a request waits for money when this process's slice is empty. @default 1_000 */
  readonly waitMs?: number | undefined;
  /**
   * What a request gets when the slice is empty and Redis cannot be asked: `"refuse"` keeps budgets exact, `"spend"` lets
   * it through and counts the overspend. @default "refuse"
   */
  readonly onUnavailable?: "refuse" | "spend" | undefined;
  /** The clock that measures time. @default the system's clock */
  readonly clock?: Clock | undefined;
}

export interface Settings {
  readonly namespace: string;
  readonly syncMs: number;
  readonly timeoutMs: number;
  readonly waitMs: number;
  readonly onUnavailable: "refuse" | "spend";
  /** The clock that measures time. */
  readonly clock: Clock;
}

const NAMES = ["client", "namespace", "syncMs", "timeoutMs", "waitMs", "onUnavailable", "clock"] as const;

/** @throws SignalboxError `invalid_options` naming the path */
export function settingsOf(options: RedisStateOptions): Settings {
  checkOptions(options, "redisState", NAMES);
  const { namespace = "signalbox", onUnavailable = "refuse", clock = systemClock } = options;
  if (typeof namespace !== "string" || !/^[\w.:-]{1,64}$/.test(namespace)) {
    throw refused("namespace", "must be 1 to 64 letters, digits or one of _ . : -");
  }
  if (onUnavailable !== "refuse" && onUnavailable !== "spend")
    throw refused("onUnavailable", 'must be "refuse" or "spend"');
  checkMethods(clock, "clock", ["now", "setTimeout", "clearTimeout"], "a clock");
  const between = (name: "syncMs" | "timeoutMs" | "waitMs", normal: number, least: number, most: number): number => {
    const value = options[name] ?? normal;
    if (Number.isFinite(value) && value >= least && value <= most) return value;
    throw refused(name, `must be a number of milliseconds from ${least} to ${most}`);
  };
  return {
    namespace,
    syncMs: between("syncMs", 250, 10, 10_000),
    timeoutMs: between("timeoutMs", 1_000, 10, 60_000),
    waitMs: between("waitMs", 1_000, 0, 60_000),
    onUnavailable,
    clock,
  };
}

function refused(path: string, why: string): SignalboxError {
  return new SignalboxError("invalid_options", `${path}: ${why}`, { path });
}
