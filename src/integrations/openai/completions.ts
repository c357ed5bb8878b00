import type { ChatRequest } from "../../chat/request.js";
import { type Ask, type Served, streamedAnswer, wholeAnswer } from "../../serve/answer.js";
import { type Asked, errorOf } from "../../serve/create-door.js";
import { createSilenceWatch, type EventWriter, eventBody, SILENCE } from "../../serve/event-body.js";
import { EVENT_STREAM_HEADERS, routeHeaders } from "../../serve/headers.js";
import type { Target } from "../../serve/target.js";
import { errorBody } from "./errors.js";

/** `POST /chat/completions`. */
export async function answerCompletion(target: Target, asked: Asked): Promise<Response> {
  const { body, options } = await asked.read();
  const request = body as unknown as ChatRequest;
  const ask: Ask = { target, request, options, requestId: asked.requestId };
  if (request.stream === true) return answerStream(ask, asked);
  const { reply, served } = await wholeAnswer(ask);
  const headers = routeHeaders(served);
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(reply), { headers });
}

/** The response begins with the first chunk or the first heartbeat: a failure before that has a status. */
async function answerStream(ask: Ask, { heartbeatMs }: Asked): Promise<Response> {
  const { target, request, requestId, options } = ask;
  const wantsUsage = request.stream_options?.include_usage === true;
  const writer: EventWriter = {
    chunk: (chunk) => {
      const kept = wantsUsage || chunk.choices.length > 0 || chunk.signalbox !== undefined;
      return kept ? `data: ${JSON.stringify(chunk)}\n\n` : "";
    },
    end: () => "data: [DONE]\n\n",
    fail: (thrown) => `data: ${JSON.stringify(errorBody(errorOf(thrown, target.id, requestId)))}\n\n`,
    heartbeat: ": keep-alive\n\n",
  };
  const { source, served } = streamedAnswer(ask);
  const watch = createSilenceWatch(heartbeatMs);
  const first = source.next();
  const begun = await watch.wait(first);
  const known: Served = served();
  // A router that does not tell who serves while the stream runs is known by its chunks.
  const model = begun === SILENCE || begun.done ? undefined : begun.value.model;
  const headers = routeHeaders({ model, ...known });
  for (const [name, value] of Object.entries(EVENT_STREAM_HEADERS)) headers.set(name, value);
  const opening = begun === SILENCE ? writer.heartbeat : "";
  return new Response(eventBody(first, source, { writer, opening, watch, signal: options.signal }), { headers });
}
