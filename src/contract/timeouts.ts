/** How long each phase of one upstream call may take; what is left out here is as further out: provider, then router. */
export interface PhaseTimeouts {
  /** To the response head of one attempt, milliseconds. @default 30_000 streamed, 120_000 unary */
  readonly headersMs?: number | undefined;
  /** From the head to the first text, reasoning or tool call, milliseconds. @default 30_000; 120_000 for models that always think */
  readonly firstTokenMs?: number | undefined;
  /**
   * Within an answer, milliseconds; does not run while the reader pauses. Bytes that say nothing (comments, empty
   * pieces, blank lines before a whole answer) are no content, however often they come.
   * @default 60_000 without a byte, 120_000 without content
   */
  readonly idleMs?: number | undefined;
}

/**
 * How long each phase may take. The first request that goes to a candidate after its breaker was open waits a third of
 * `headersMs` and of `firstTokenMs`, or three times what is usual there, while another could still answer it.
 */
export interface TimeoutOptions extends PhaseTimeouts {
  /** The whole request, milliseconds. @default 600_000 */
  readonly totalMs?: number | undefined;
}

/** Milliseconds for each phase of one attempt; `totalMs` spans the request. */
export interface Timeouts {
  /** To the response head of a streamed answer. */
  readonly headersMs: number;
  /** To the response head of an answer in one piece. */
  readonly unaryHeadersMs: number;
  /** From the head to the first content. */
  readonly firstTokenMs: number;
  /** For models that always think; `firstTokenMs` where absent. */
  readonly thinkingFirstTokenMs?: number | undefined;
  /** Without a byte. */
  readonly idleMs: number;
  /** With bytes that say nothing. */
  readonly idleContentMs: number;
  readonly totalMs: number;
}
