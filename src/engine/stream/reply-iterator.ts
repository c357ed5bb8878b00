import type { ChatChunk } from "../../chat/chunk.js";

/** The iterator of a streamed answer, with a way to take chunks that are ready without a promise for each. */
export interface ReplyIterator extends AsyncIterableIterator<ChatChunk> {
  /** A chunk that needs no waiting, or `undefined`: then ask `next`. */
  poll(): ChatChunk | undefined;
}
