import { MAX_TIMER_MS } from "../core/clock.js";
import type { Random } from "../core/random.js";

export interface BackoffOptions {
  /** Upper end of the first wait, milliseconds. */
  readonly baseMs: number;
  /** Upper end of every wait, milliseconds. */
  readonly capMs: number;
}

/**
 * Full jitter (Brooker, "Exponential Backoff and Jitter"): anything from 1 ms to `baseMs` x 2^(n-1), at most `capMs`.
 * `n` counts retries from 1.
 */
export function backoffMs(n: number, random: Random, options: BackoffOptions): number {
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** (Math.max(1, n) - 1), MAX_TIMER_MS);
  return Math.max(Math.min(1, ceiling), random() * ceiling);
}

/**
 * How long to wait before retry `n`: never earlier than the vendor's hint, and up to 10 % later so that its clients do
 * not return in one wave; a hint of 0 or none leaves it to our own backoff.
 */
export function retryDelayMs(hintMs: number | undefined, n: number, random: Random, options: BackoffOptions): number {
  const own = backoffMs(n, random, options);
  const hint = hintMs ?? 0;
  return hint > 0 ? Math.max(own, Math.min(hint * (1 + random() * 0.1), MAX_TIMER_MS)) : own;
}
