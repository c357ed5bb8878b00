/** What keeps calls away from somebody, on what evidence, and how it ends. */
export interface Verdict {
  /**
   * How far it reaches: `"candidate"`, all models of a `"provider"`, or one `"key"` of a list. What concerns one
   * `"request"` ends with it.
   */
  readonly scope: "request" | "key" | "candidate" | "provider";
  /** Why: an error kind with its detail, `5 failures in a row`, or the words of who disabled it. */
  readonly reason: string;
  /** What stands behind it. */
  readonly evidence: VerdictEvidence;
  /** Since when it holds, wall-clock milliseconds since 1970. */
  readonly sinceMs: number;
  /** When it ends or is put to a trial, wall-clock milliseconds since 1970; `null` until a hand lifts it. */
  readonly untilMs: number | null;
}

/** How much stands behind a verdict. */
export interface VerdictEvidence {
  /** Distinct requests that failed; 0 if a hand or another process says so. */
  readonly requests: number;
  /** Requests that succeeded since the first of these. */
  readonly successes: number;
  /** When the first of them failed, wall-clock milliseconds since 1970. */
  readonly sinceMs: number;
}

/** A verdict as `exportState()` tells it: durations, because monotonic clocks differ between processes. */
export interface KeptVerdict {
  readonly scope: "candidate" | "provider";
  /** What keeps calls away. */
  readonly by: "hand" | "answer" | "breaker" | "cool_down";
  readonly reason: string;
  /** Milliseconds that were left of it; `null` until a hand lifts it. */
  readonly forMs: number | null;
}
