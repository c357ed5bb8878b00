import { createAssembler } from "./assemble.js";
import type { ChatChunk } from "./chunk.js";
import { chunksOf } from "./chunks.js";
import { isReplyProblem, normalizeReply, type ReplyProblem } from "./normalize-reply.js";
import type { ChatReply } from "./reply.js";
import type { ChatRequest } from "./request.js";

/** Whatever can be asked: a provider, a router. `Context` is what it wants besides the request. */
export interface Answerer<Context> {
  readonly chat?: ((request: ChatRequest, context: Context) => Promise<ChatReply>) | undefined;
  stream?(request: ChatRequest, context: Context): AsyncIterable<ChatChunk>;
}

/** The whole answer, also from a target that only streams; a problem where it cannot be used. */
export async function askWhole<Context>(
  target: Answerer<Context>,
  request: ChatRequest,
  context: Context,
  model: string,
): Promise<ChatReply | ReplyProblem> {
  if (target.chat) return normalizeReply(await target.chat(request, context), model);
  const assembler = createAssembler();
  for await (const chunk of askStream(target, request, context, model)) assembler.push(chunk);
  if (assembler.finishReason === null) return { problem: "malformed", message: "the stream ended before its answer" };
  return normalizeReply(assembler.reply(), model);
}

/** The answer as a stream, also from a target that only answers whole. */
export function askStream<Context>(
  target: Answerer<Context>,
  request: ChatRequest,
  context: Context,
  model: string,
): AsyncIterable<ChatChunk> {
  return target.stream ? target.stream(request, context) : chunked(target, request, context, model);
}

async function* chunked<Context>(
  target: Answerer<Context>,
  request: ChatRequest,
  context: Context,
  model: string,
): AsyncGenerator<ChatChunk> {
  const reply = normalizeReply(await target.chat?.(request, context), model);
  if (isReplyProblem(reply)) throw new TypeError(reply.message);
  yield* chunksOf(reply);
}
