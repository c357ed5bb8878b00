import type { ChatRequest } from "../../chat/request.js";
import { estimateRequestTokens } from "../../chat/tokens.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type Ask, streamedAnswer, wholeAnswer } from "../../serve/answer.js";
import { type Asked, errorOf } from "../../serve/create-door.js";
import { createSilenceWatch, eventBody, SILENCE } from "../../serve/event-body.js";
import { EVENT_STREAM_HEADERS, routeHeaders } from "../../serve/headers.js";
import type { Target } from "../../serve/target.js";
import { fieldsOf } from "./blocks.js";
import { errorBody, THREAD_UNSUPPORTED } from "./errors.js";
import { createEventWriter } from "./event-writer.js";
import { messageOf } from "./from-reply.js";
import { toRequest } from "./to-request.js";

/** `POST /v1/messages`. */
export async function answerMessage(target: Target, asked: Asked): Promise<Response> {
  const { body, options } = await asked.read();
  if (fieldsOf(body.thread).type === "continue") throw threadLost();
  const ask: Ask = { target, request: toRequest(body), options, requestId: asked.requestId };
  if (body.stream === true) return answerStream(ask, asked);
  const { reply, served } = await wholeAnswer(ask);
  const headers = routeHeaders(served);
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(messageOf(reply, served.provider ?? target.id)), { headers });
}

/** The response begins with the first chunk or the first heartbeat: a failure before that has a status. */
async function answerStream(ask: Ask, { heartbeatMs }: Asked): Promise<Response> {
  const { target, requestId, options } = ask;
  const request: ChatRequest = { ...ask.request, stream_options: { include_usage: true } };
  const { source, served } = streamedAnswer({ ...ask, request });
  const writer = createEventWriter({
    provider: () => served().provider ?? target.id,
    failure: (thrown) => errorBody(errorOf(thrown, target.id, requestId)),
  });
  const watch = createSilenceWatch(heartbeatMs);
  const first = source.next();
  const begun = await watch.wait(first);
  const model = begun === SILENCE || begun.done ? undefined : begun.value.model;
  const headers = routeHeaders({ model, ...served() });
  for (const [name, value] of Object.entries(EVENT_STREAM_HEADERS)) headers.set(name, value);
  const opening = begun === SILENCE ? writer.heartbeat : "";
  return new Response(eventBody(first, source, { writer, opening, watch, signal: options.signal }), { headers });
}

/** `POST /v1/messages/count_tokens`: our estimate, which says so; nothing is sent. */
export async function countTokens(asked: Asked): Promise<Response> {
  const { body } = await asked.read();
  return Response.json({ input_tokens: estimateRequestTokens(toRequest(body)), estimated: true });
}

/** The history of a continued thread is not here; answering without it would be a wrong answer. */
function threadLost(): SignalboxError {
  const message = "thread: conversations are not kept on this server; send the whole history in messages";
  return new SignalboxError("unsupported", message, { path: "thread", detail: THREAD_UNSUPPORTED });
}
