import type { CallContext, ModelInfo } from "../contract/provider.js";
import type { Timeouts } from "../contract/timeouts.js";
import type { PhaseTimer } from "../resilience/phase-timer.js";

export type Progress = Parameters<NonNullable<CallContext["report"]>>[0];

/**
 * What one upstream call waits for, and how long it may: its response head, its first content, then each next piece. Bytes
 * and content have times of their own, so that keep-alives are no answer, and no time passes while nobody asks for more.
 */
export class Phases {
  readonly #timer: PhaseTimer;
  readonly #timeouts: Timeouts;
  readonly #info: ModelInfo;
  readonly #streamed: boolean;
  /** How much of a phase the call is given. */
  readonly #patience: (ms: number) => number;
  #headSeen = false;
  #begun = false;
  /** The answer is wanted whole and comes in pieces. */
  #inPieces = false;
  /** A router within watches the phases of its own calls. */
  #watched = false;
  /** Until a stream has to say something: pieces that say nothing take time as silence does. */
  #leftMs: number;

  constructor(
    timer: PhaseTimer,
    timeouts: Timeouts,
    info: ModelInfo,
    streamed: boolean,
    patience: (ms: number) => number,
  ) {
    this.#timer = timer;
    this.#timeouts = timeouts;
    this.#info = info;
    this.#streamed = streamed;
    this.#patience = patience;
    this.#leftMs = timeouts.idleContentMs;
    timer.enter("headers", patience(streamed ? timeouts.headersMs : timeouts.unaryHeadersMs));
  }

  /** What the provider says of its answer's way. */
  told(progress: Progress): void {
    if (progress === "content") {
      this.#begun = true;
      if (this.#inPieces) this.#enterIdle(this.#timeouts.idleContentMs);
    } else if (this.#watched) return;
    else if (progress === "called") {
      this.#watched = true;
      this.#timer.pause();
    } else if (progress === "bytes" && !this.#streamed && !this.#inPieces) {
      this.#enterIdle(this.#timeouts.idleContentMs);
    } else if (progress === "bytes" || progress === "blank") {
      this.#timer.heard();
    } else if (progress !== "cached" && !this.#headSeen && !this.#begun) {
      this.#headSeen = true;
      this.#inPieces = progress === "streaming" && !this.#streamed;
      this.#awaitFirst();
    }
  }

  /** The first content of a stream is with its reader, who is asked for more before any time passes again. */
  begun(): void {
    this.#begun = true;
    this.#timer.pause();
  }

  /** A stream's reader wants the next piece. */
  asked(): void {
    this.#enterIdle(this.#leftMs);
  }

  /** It came while the reader waited. @param saysMore whether it shows that the answer goes on */
  came(saysMore: boolean): void {
    this.#leftMs = saysMore ? this.#timeouts.idleContentMs : this.#timer.leftMs();
    this.#timer.pause();
  }

  /** A piece that nobody had to wait for shows that the answer goes on. */
  goesOn(): void {
    this.#leftMs = this.#timeouts.idleContentMs;
  }

  #awaitFirst(): void {
    const { idleMs, idleContentMs, firstTokenMs, thinkingFirstTokenMs = firstTokenMs } = this.#timeouts;
    if (!this.#streamed && !this.#inPieces) {
      this.#timer.enter("first_token", this.#patience(idleContentMs), idleMs);
      return;
    }
    const thinks = this.#info.capabilities.thinking === "always";
    this.#timer.enter("first_token", this.#patience(thinks ? thinkingFirstTokenMs : firstTokenMs));
  }

  #enterIdle(contentMs: number): void {
    this.#timer.enter("idle_content", contentMs, this.#timeouts.idleMs);
  }
}
