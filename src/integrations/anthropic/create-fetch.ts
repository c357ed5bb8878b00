import { createDoor, decodeSegment, type FetchOptions } from "../../serve/create-door.js";
import type { Target } from "../../serve/target.js";
import { errorResponse } from "./errors.js";
import { answerMessage, countTokens } from "./messages.js";
import { listModels, oneModel } from "./models.js";

const SERVED =
  "POST /v1/messages, POST /v1/messages/count_tokens, GET /v1/models and GET /v1/models/{id} are. " +
  "createFetch(router, { otherwise: fetch }) hands on the rest; a baseURL for @anthropic-ai/sdk ends before /v1";

/**
 * A `fetch` that answers as Anthropic's Messages API does, from a router or a provider in this process. Any host and any
 * path prefix will do; nothing leaves the process but what the router sends.
 *
 * Thinking goes back to the provider that thought it and to no other; `anthropic-beta` headers change nothing. Threads
 * that a server keeps are refused in the form upon which the SDK sends the whole history.
 *
 * @throws SignalboxError `invalid_options` for a target that answers no chat, or an option that is wrong.
 * @example
 * const client = new Anthropic({ apiKey: "unused", fetch: createFetch(router) });
 * const message = await client.messages.create({ model: "auto", max_tokens: 1_024, messages });
 */
export function createFetch(target: Target, options: FetchOptions = {}): typeof fetch {
  return createDoor(target, options, {
    served: SERVED,
    failure: errorResponse,
    answer(asked) {
      const { method, path, url } = asked;
      if (method === "POST") {
        if (path.endsWith("/messages")) return answerMessage(target, asked);
        return path.endsWith("/messages/count_tokens") ? countTokens(asked) : undefined;
      }
      if (method !== "GET") return undefined;
      if (path.endsWith("/models")) return listModels(target, url);
      const named = /\/models\/(.+)$/.exec(path)?.[1];
      return named === undefined ? undefined : oneModel(target, decodeSegment(named));
    },
  });
}
