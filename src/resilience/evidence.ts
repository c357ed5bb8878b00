import type { Policy } from "../errors/policy.js";
import type { SignalboxError } from "../errors/signalbox-error.js";

/** What a call showed besides how it ended. */
export interface GateFacts {
  /** Time to first content, milliseconds; `null` or absent where none came. */
  readonly ttftMs?: number | null | undefined;
  /** Another healthy candidate existed: only then does slowness open a breaker. */
  readonly alternatives?: boolean | undefined;
  /** Whose call it was: refusals count for others once several distinct requests agree. */
  readonly requestId?: string | undefined;
  /** What follows from the failure, if the router's table differs from every router's. @default the policy table's row */
  readonly policy?: Policy | undefined;
}

/** Distinct requests that must agree, with no success between, before a doubtful refusal counts for all callers. */
const AGREEING_REQUESTS = 3;

/** Requests whose ids are kept to tell one that asks again from another: more than may ever be needed. */
const REMEMBERED = 8;

/** How much stands behind a verdict. */
export interface EvidenceView {
  /** Distinct requests that say so, since the last success. */
  readonly requests: number;
  /** Successes since the first of them. */
  readonly successes: number;
  /** When the first of them was told, milliseconds on the clock's monotonic scale. */
  readonly sinceMs: number;
}

/**
 * What requests say against a candidate or provider, until one succeeds. A refusal may be about the one request (its
 * prompt, its tools, its data policy) or about all: which one shows only when several distinct requests agree.
 */
export class Evidence {
  #requests: string[] = [];
  #count = 0;
  #kind = "";
  #sinceMs = 0;

  /** Notes a refusal and says whether it holds for all callers: the body is clear, or enough requests agree. */
  holds(error: SignalboxError, requestId: string | undefined, nowMs: number): boolean {
    if (error.kind !== this.#kind) {
      this.clear();
      this.#kind = error.kind;
      this.#sinceMs = nowMs;
    }
    const known = requestId !== undefined && this.#requests.includes(requestId);
    if (!known) {
      this.#count++;
      if (requestId !== undefined && this.#requests.length < REMEMBERED) this.#requests.push(requestId);
    }
    return !error.doubtful || this.#count >= AGREEING_REQUESTS;
  }

  /** A success: what was said before is no longer agreed on. */
  clear(): void {
    if (this.#count === 0) return;
    this.#requests = [];
    this.#count = 0;
    this.#kind = "";
  }

  view(): EvidenceView {
    return { requests: this.#count, successes: 0, sinceMs: this.#sinceMs };
  }
}
