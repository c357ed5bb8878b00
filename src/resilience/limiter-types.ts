import type { Deadline } from "../contract/provider.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { Priority } from "./wait-queue.js";

/** How many calls may run at once, and how many may wait. */
export interface LimiterOptions {
  /** Calls at once. @default Infinity */
  readonly maxConcurrent?: number | undefined;
  /**
   * Learns a limit from the first 429 on: 8 or 0.7 of the calls then running, whichever is more; +1 per clean 5 s in
   * which it was reached, x 0.7 on 429. `limits: { "*": {} }` asks for this alone. Right for vendors that limit calls at
   * once; where they count calls per minute it holds back more than it must.
   * @default true
   */
  readonly adaptive?: boolean | undefined;
  /** Requests per minute, as a bucket that refills evenly: beyond it calls go elsewhere or wait. @default unlimited */
  readonly rpm?: number | undefined;
  /** Estimated tokens per minute, likewise; the call that empties the bucket still begins. @default unlimited */
  readonly tpm?: number | undefined;
  /** Calls that may wait; one more is `saturated` at once. 0: none waits. @default 2_000 */
  readonly maxQueue?: number | undefined;
  /** The earlier name of `maxQueue`; if both are given, `maxQueue` counts. @default none */
  readonly queueItems?: number | undefined;
  /** Bytes of requests that may wait. @default 67_108_864 (64 MiB) */
  readonly queueBytes?: number | undefined;
  /**
   * How long an interactive or default call waits, milliseconds; batch waits as long as its deadline lets it. A call that
   * waits when a cool-down begins keeps its turn if the cool-down ends sooner, and leaves at once as `unavailable` if it
   * does not; a router's `degrade.waitMs` waits for longer ones.
   * @default 5_000
   */
  readonly queueMs?: number | undefined;
}

/** A call that asks for a place. */
export interface Entrant {
  readonly priority?: Priority | undefined;
  /** Those who wait take turns by tenant. @default one for all that name none */
  readonly tenant?: string | undefined;
  /** Size of the request, for the queue's byte limit. @default 0 */
  readonly bytes?: number | undefined;
  /** Estimated tokens of the request, for `tpm`. @default 0 */
  readonly tokens?: number | undefined;
  readonly deadline?: Deadline | undefined;
  /** An abort source: tells its reason once. */
  readonly abort?: AbortHook | undefined;
  /** When a place in this limiter would be of use: later than `nowMs` where a cool-down has to end first. @default now */
  readonly readyAtMs?: ((limiter: Limiter, nowMs: number) => number) | undefined;
}

export interface AbortHook {
  readonly reason: SignalboxError | undefined;
  listen(listener: (reason: SignalboxError) => void): () => void;
}

/**
 * Gives the place back, once; a second call does nothing. Tell how the call ended (`null`: well), so that a 429 can lower
 * the limit and the usual time of a call is known; pass nothing where no call was made.
 */
export type Leave = (error?: SignalboxError | null) => void;

export interface Limiter {
  /**
   * A place, at once where one is free, else a promise of one. A call that is not ready is passed over and keeps its turn.
   *
   * @throws kind `saturated` with `retryAfterMs` (queue full, or the deadline cannot be met), kind `unavailable` where a
   * cool-down lasts longer than this entrant would wait, kind `timeout` with detail `queue`, or the abort's reason: all
   * as rejections
   */
  enter(entrant: Entrant): Leave | Promise<Leave>;
  /** Whether `enter` would give a ready call a place at once. `false` counts as a call that the limit held back. */
  hasRoom(): boolean;
  /** A cool-down was lifted: some who wait may be ready now. */
  lookAgain(): void;
  /** Whether a newcomer would have to wait, as things stood when the limiter was last used. */
  readonly full: boolean;
  /** Calls that hold a place. */
  readonly active: number;
  /** Calls that wait. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Places in all, as things stand. */
  readonly limit: number;
  /** Share of the known `rpm` and `tpm` that is left, the smaller of both; 1 where none is known. */
  readonly headroom: number;
  /** Calls a minute that the limits allow, as far as they are known or were learned; `Infinity` if none is known. */
  readonly capacity: number;
  /** What calls here took of the known `rpm` and `tpm` since this was last asked. */
  untold(): { readonly requests: number; readonly tokens: number };
  /** Calls of another process took of the same `rpm` and `tpm`. */
  takenElsewhere(requests: number, tokens: number): void;
}
