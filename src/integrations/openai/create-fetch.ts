import { createDoor, decodeSegment, type FetchOptions } from "../../serve/create-door.js";
import type { Target } from "../../serve/target.js";
import { answerCompletion } from "./completions.js";
import { errorResponse } from "./errors.js";
import { listModels, oneModel } from "./models.js";

const SERVED = "POST /chat/completions, GET /models and GET /models/{id} are";

/**
 * A `fetch` that answers as OpenAI's API does, from a router or a provider in this process. Any host and any path prefix
 * will do; nothing leaves the process but what the router sends.
 *
 * @throws SignalboxError `invalid_options` for a target that answers no chat, or an option that is wrong.
 * @example
 * const client = new OpenAI({ apiKey: "unused", fetch: createFetch(router) });
 * const completion = await client.chat.completions.create({ model: "auto", messages });
 */
export function createFetch(target: Target, options: FetchOptions = {}): typeof fetch {
  return createDoor(target, options, {
    served: SERVED,
    failure: errorResponse,
    answer(asked) {
      const { method, path } = asked;
      if (method === "POST" && path.endsWith("/chat/completions")) return answerCompletion(target, asked);
      if (method !== "GET") return undefined;
      if (path.endsWith("/models")) return listModels(target);
      const named = /\/models\/(.+)$/.exec(path)?.[1];
      return named === undefined ? undefined : oneModel(target, decodeSegment(named));
    },
  });
}
