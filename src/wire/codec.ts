import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { ModelInfo } from "../contract/provider.js";
import type { Failure } from "../errors/failure.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { Dialect, Fields } from "./dialect.js";

/** One call as a wire sees it. */
export interface WireCall {
  /** The provider's id: who issues state, and whose `providerOptions` count. */
  readonly provider: string;
  readonly model: ModelInfo;
  readonly dialect: Dialect;
  readonly request: ChatRequest;
  /** Whether the upstream is asked for a stream. */
  readonly streamed: boolean;
  /** Says what a failure of this vendor is. */
  fail(failure: Failure): SignalboxError;
  /** Whether an answer that ends for this reason has failed, by the user's table or everyone's. */
  failsBy(finishReason: string): boolean;
  /** Tells, once per field, that a known field was left out or changed. */
  warn(field: string, message: string): void;
}

/** Events in, chunks out; holds what a stream has said so far. */
export interface StreamDecoder {
  /** What an event adds, or `undefined` where it adds nothing the reader needs. Throws a SignalboxError. */
  decode(event: { readonly event: string; readonly data: string }): ChatChunk | undefined;
  /** Set once nothing more is to be read. `"cut"`: the answer is whole here, while the upstream goes on. */
  readonly ended: false | "complete" | "cut";
  /** Whether the answer has its finish reason: a connection that breaks after it breaks nothing. */
  readonly finished: boolean;
  /** What is left to say when no more events come. Throws where the answer is not whole. */
  end(): readonly ChatChunk[];
}

/** Vocabulary to bytes and back. */
export interface WireCodec {
  /** Added to the base URL. */
  readonly path: string;
  /** Where models are listed, for the probe. */
  readonly modelsPath: string;
  headers(key: string): { readonly [name: string]: string };
  encode(call: WireCall): Fields;
  /** Throws a SignalboxError for everything that is not an answer. */
  decodeReply(body: unknown, call: WireCall): ChatReply;
  createDecoder(call: WireCall): StreamDecoder;
}
