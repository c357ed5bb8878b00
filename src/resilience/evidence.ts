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

/** Failures so long ago say nothing about now, milliseconds. */
const FORGOTTEN_MS = 60_000;

/** Successes for each failed request after which failures are forgotten. */
const OUTWEIGHED = 10;

/**
 * What requests say against a candidate or provider: how many distinct ones failed, and how many went well since the first
 * of them. A refusal may be about the one request (its prompt, its tools, its data policy) or about all: which one shows
 * only when several distinct requests agree, with no success between.
 */
export class Evidence {
  /** Distinct requests that failed. */
  requests = 0;
  /** Requests that went well since the first of them. */
  successes = 0;
  /** When the first of them failed, milliseconds on the clock's monotonic scale. */
  sinceMs = 0;
  #lastAtMs = 0;
  #lastRequest: string | undefined;
  #refused: string[] = [];
  #refusals = 0;
  #kind = "";

  /** Notes a failure that says something about others. */
  failed(requestId: string | undefined, nowMs: number): void {
    if (this.requests === 0 || nowMs - this.#lastAtMs > FORGOTTEN_MS) {
      this.#forget();
      this.sinceMs = nowMs;
    }
    this.#lastAtMs = nowMs;
    if (this.requests > 0 && requestId !== undefined && requestId === this.#lastRequest) return;
    this.#lastRequest = requestId;
    this.requests += 1;
  }

  /** Notes a refusal and says whether it holds for all callers: the body is clear, or enough requests agree. */
  holds(error: SignalboxError, requestId: string | undefined): boolean {
    if (error.kind !== this.#kind) {
      this.#agreeNoMore();
      this.#kind = error.kind;
    }
    const known = requestId !== undefined && this.#refused.includes(requestId);
    if (!known) {
      this.#refusals++;
      if (requestId !== undefined && this.#refused.length < REMEMBERED) this.#refused.push(requestId);
    }
    return !error.doubtful || this.#refusals >= AGREEING_REQUESTS;
  }

  /** A request went well: no refusal before it is agreed on any more. */
  succeeded(): void {
    if (this.#refusals > 0) this.#agreeNoMore();
    if (this.requests === 0) return;
    this.successes += 1;
    if (this.successes >= OUTWEIGHED * this.requests) this.#forget();
  }

  clear(): void {
    this.#agreeNoMore();
    this.#forget();
  }

  #agreeNoMore(): void {
    this.#refused = [];
    this.#refusals = 0;
    this.#kind = "";
  }

  #forget(): void {
    this.requests = 0;
    this.successes = 0;
    this.#lastRequest = undefined;
  }
}
