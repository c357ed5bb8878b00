import type { ChatChunk } from "../../chat/chunk.js";
import type { Message } from "../../chat/message.js";
import type { ChatReply } from "../../chat/reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { EventMap, EventName } from "../../contract/events.js";
import type { RouteHead } from "../../contract/records.js";

/** The part of a streamed answer that this door passes on. */
export interface StreamLike extends AsyncIterable<ChatChunk> {
  /** The whole answer. */
  readonly reply: Promise<ChatReply>;
  /** How the answer comes about, once it is known. */
  readonly route: RouteHead | undefined;
  /** The whole text. */
  text(): Promise<string>;
  /** The stream as server-sent events. */
  toResponse(init?: {
    readonly headers?: Record<string, string> | undefined;
    readonly heartbeatMs?: number | undefined;
  }): Promise<Response>;
  /** Iterates over the chunks. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChatChunk> & { poll(): ChatChunk | undefined };
}

/** Where calls are made, whole or streamed. */
export interface CallsLike<Asked> {
  /** Asks for an answer in one piece. */
  chat(asked: Asked, options?: CallOptions): Promise<ChatReply>;
  /** Asks for an answer in chunks. */
  stream(asked: Asked, options?: CallOptions): StreamLike;
}

/** What a turn of a conversation may be given as. */
export type TurnLike = string | readonly Message[] | ChatRequest;

/** The part of a router that this door uses; `createRouter` returns one. */
export interface RouterLike extends CallsLike<ChatRequest> {
  /** A view with options bound to it. */
  with(options: CallOptions): RouterLike;
  /** A conversation by its id. */
  conversation(id: string, options?: { readonly tenant?: string | undefined }): CallsLike<TurnLike>;
  /** Adds a listener. */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
  /** Removes a listener. */
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
}
