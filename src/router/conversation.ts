import type { Message } from "../chat/message.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { ConversationSnapshot } from "../memory/conversations.js";
import type { RoutedReply, RouterStream } from "./records.js";

/** What a turn may be given as: its text, its messages, or a whole request. */
export type TurnInput = string | readonly Message[] | ChatRequest;

/** One conversation of a router: send each new message alone, the history is remembered. */
export interface Conversation {
  /** The conversation's id. */
  readonly id: string;
  /** Answers the next turn, and remembers both. */
  chat(turn: TurnInput, options?: CallOptions): Promise<RoutedReply>;
  /** Answers the next turn piece by piece; both are remembered once it is whole. */
  stream(turn: TurnInput, options?: CallOptions): RouterStream;
  /** What is remembered, system prompt first. */
  messages(): readonly Message[];
  /** Drops what is remembered. */
  forget(): void;
  /** Plain JSON to keep elsewhere. */
  export(): ConversationSnapshot;
  /** Takes the place of what is remembered; `false` where the snapshot is corrupt or of another version. */
  import(snapshot: unknown): boolean;
}

/** A turn as a request; anything else is left for the request's check to refuse. */
export function requestOf(turn: TurnInput): ChatRequest {
  if (typeof turn === "string") return { messages: [{ role: "user", content: turn }] };
  return typeof turn === "object" && turn !== null && "messages" in turn ? turn : { messages: turn };
}
