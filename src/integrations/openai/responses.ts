import type { CallOptions } from "../../contract/call-options.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type Ask, wholeAnswer } from "../../serve/answer.js";
import { type Asked, errorOf } from "../../serve/create-door.js";
import { routeHeaders } from "../../serve/headers.js";
import { isRouter, modelOf, type Target } from "../../serve/target.js";
import { errorBody } from "./errors.js";
import { keptResponses } from "./kept-responses.js";
import { readResponseRequest } from "./read-response-request.js";
import { createResponseWriter } from "./response-events.js";
import { newNames } from "./response-names.js";
import { createResponseJson, endOf } from "./response-object.js";
import { streamAnswer } from "./stream-answer.js";

/** `POST /responses`. */
export async function answerResponse(target: Target, asked: Asked): Promise<Response> {
  const { body, options } = await asked.read();
  const kept = keptResponses(target, options, body);
  const { request, hosted } = readResponseRequest(body, kept.before(body.previous_response_id), kept.find);
  const names = newNames(asked.requestId, Boolean(body.instructions));
  const call = callOptions(options, kept.keeps ? names.conversation : undefined, hosted !== undefined);
  if (hosted !== undefined && !isRouter(target)) checkHosted(target, request.model, hosted);
  const ask: Ask = { target, request, options: isRouter(target) ? call : options, requestId: asked.requestId };
  const head = (createdAt: number, model: string) => ({ id: names.response, createdAt, model, keeps: kept.keeps });
  try {
    if (request.stream === true) {
      const failure = (thrown: unknown) => errorBody(errorOf(thrown, target.id, asked.requestId)).error;
      return await streamAnswer(ask, asked, createResponseWriter({ body, head, names, failure }));
    }
    const { reply, served } = await wholeAnswer(ask);
    const headers = routeHeaders(served);
    headers.set("content-type", "application/json");
    const response = createResponseJson(body)(head(reply.created, reply.model), endOf(reply, names));
    return new Response(response, { headers });
  } catch (thrown) {
    throw hosted === undefined ? thrown : nobodyHosts(thrown, hosted);
  }
}

function callOptions(options: CallOptions, conversationId: string | undefined, hosted: boolean): CallOptions {
  const call = conversationId === undefined ? options : { ...options, conversationId };
  return hosted ? { ...call, require: [...(call.require ?? []), "hosted_tools"] } : call;
}

function checkHosted(target: Target, asked: string | null | undefined, path: string): void {
  const id = modelOf(target as Parameters<typeof modelOf>[0], asked);
  const model = target.models.find((each) => each.id === id);
  if (model !== undefined && model.capabilities.hostedTools !== true) throw unhosted(path);
}

/** Where nobody could be asked because of hosted tools, the error names them. */
function nobodyHosts(thrown: unknown, path: string): unknown {
  if (!SignalboxError.isInstance(thrown) || thrown.kind !== "no_candidate") return thrown;
  return thrown.excluded.some(({ reason }) => reason === "missing_hosted_tools") ? unhosted(path) : thrown;
}

function unhosted(path: string): SignalboxError {
  const why = 'is run by the vendor, which takes a candidate over openaiCompatible({ wire: "responses" })';
  return new SignalboxError("unsupported", `${path}: ${why}`, { path, detail: "hosted_tools" });
}
