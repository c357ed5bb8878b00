import type { ChatRequest } from "../../chat/request.js";
import { type Ask, wholeAnswer } from "../../serve/answer.js";
import { type Asked, errorOf } from "../../serve/create-door.js";
import type { EventWriter } from "../../serve/event-body.js";
import { routeHeaders } from "../../serve/headers.js";
import type { Target } from "../../serve/target.js";
import { errorBody } from "./errors.js";
import { toFunctionChunk, toFunctionReply, withoutFunctions } from "./old-functions.js";
import { KEEP_ALIVE, streamAnswer } from "./stream-answer.js";

/** `POST /chat/completions`. */
export async function answerCompletion(target: Target, asked: Asked): Promise<Response> {
  const { body: given, options } = await asked.read();
  const { body, asked: old } = withoutFunctions(given);
  const request = body as unknown as ChatRequest;
  const ask: Ask = { target, request, options, requestId: asked.requestId };
  if (request.stream === true) return streamAnswer(ask, asked, chunkWriter(ask, old));
  const { reply, served } = await wholeAnswer(ask);
  const headers = routeHeaders(served);
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(old ? toFunctionReply(reply) : reply), { headers });
}

/** Chunks as they are, one event each; that of the usage only for who asked for it. */
function chunkWriter({ target, request, requestId }: Ask, old: boolean): EventWriter {
  const wantsUsage = request.stream_options?.include_usage === true;
  return {
    chunk: (chunk) => {
      const kept = wantsUsage || chunk.choices.length > 0 || chunk.signalbox !== undefined;
      return kept ? `data: ${JSON.stringify(old ? toFunctionChunk(chunk) : chunk)}\n\n` : "";
    },
    end: () => "data: [DONE]\n\n",
    fail: (thrown) => `data: ${JSON.stringify(errorBody(errorOf(thrown, target.id, requestId)))}\n\n`,
    heartbeat: KEEP_ALIVE,
  };
}
