import type { ChatChunk } from "../../chat/chunk.js";
import { SignalboxError } from "../../errors/signalbox-error.js";

/** What a vendor's stream offers besides the iterator: chunks that are parsed already. */
export interface PollableIterator extends AsyncIterator<ChatChunk> {
  poll?(): ChatChunk | undefined;
}

/**
 * What a provider's `stream` returned, as something to iterate: foreign code may hand back a promise, whose rejection
 * is the provider's failure like any other, or nothing of use.
 */
export function streamFrom(given: unknown): AsyncIterable<ChatChunk> {
  return isAsyncIterable(given) ? given : promised(given);
}

async function* promised(given: unknown): AsyncGenerator<ChatChunk> {
  const stream = await given;
  if (!isAsyncIterable(stream)) throw new SignalboxError("malformed_response", "stream() gave no async iterable");
  yield* stream;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<ChatChunk> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AsyncIterable<ChatChunk>>)[Symbol.asyncIterator] === "function"
  );
}
