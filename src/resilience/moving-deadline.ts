import type { Deadline } from "../contract/provider.js";
import type { Clock } from "../core/clock.js";

/** The deadline of an answer that others may come to wait for: it lives as long as the most patient of them. */
export interface MovingDeadline extends Deadline {
  /** When it is over, on the clock's scale; `Infinity` for never. */
  atMs(): number;
  /** Moves it later, to what nobody else limits. */
  extend(atMs: number): void;
}

/** Two times that differ by less count as one: equal requests at once end together. */
const SAME = 0.99;

/** Whether what is left of one time does for another. */
export function lastsFor(leftMs: number, ownMs: number): boolean {
  return leftMs >= SAME * ownMs;
}

/** @param outer of a request around this one; it may move as well. */
export function createMovingDeadline(clock: Clock, ownAtMs: number, outer?: Deadline): MovingDeadline {
  let endsAtMs = ownAtMs;
  let limit = outer;
  const atMs = (): number => (limit ? Math.min(endsAtMs, clock.now() + limit.remainingMs()) : endsAtMs);
  return {
    atMs,
    remainingMs: () => Math.max(0, atMs() - clock.now()),
    extend(laterAtMs) {
      endsAtMs = laterAtMs;
      limit = undefined;
    },
  };
}
