import { createDoor, decodeSegment, type FetchOptions } from "../../serve/create-door.js";
import type { Target } from "../../serve/target.js";
import { answerCompletion } from "./completions.js";
import { errorResponse } from "./errors.js";
import { listModels, oneModel } from "./models.js";
import { answerResponse } from "./responses.js";

const SERVED =
  "POST /chat/completions, POST /responses (new ones alone: no answer is stored under its id), GET /models and GET " +
  "/models/{id} are. createFetch(router, { otherwise: fetch }) hands on the rest. A client of another API has another " +
  "door: @anthropic-ai/sdk takes createFetch of signalbox/anthropic, the AI SDK languageModel(router) of signalbox/ai-sdk";

/**
 * A `fetch` that answers as OpenAI's API does, from a router or a provider in this process. Any host and any path prefix
 * will do; nothing leaves the process but what the router sends.
 *
 * @throws SignalboxError `invalid_options` for a target that answers no chat, or an option that is wrong.
 * @example
 * const client = new OpenAI({ apiKey: "unused", fetch: createFetch(router) });
 * const completion = await client.chat.completions.create({ model: "auto", messages });
 * const response = await client.responses.create({ model: "auto", input: "Why is the sky blue?" });
 */
export function createFetch(target: Target, options: FetchOptions = {}): typeof fetch {
  return createDoor(target, options, {
    served: SERVED,
    failure: errorResponse,
    answer(asked) {
      const { method, path } = asked;
      if (method === "POST" && path.endsWith("/chat/completions")) return answerCompletion(target, asked);
      if (method === "POST" && path.endsWith("/responses")) return answerResponse(target, asked);
      if (method !== "GET") return undefined;
      if (path.endsWith("/models")) return listModels(target);
      const named = /\/models\/(.+)$/.exec(path)?.[1];
      return named === undefined ? undefined : oneModel(target, decodeSegment(named));
    },
  });
}
