import type { AssistantMessage, Message } from "../../chat/message.js";
import type { Raw } from "../../chat/responses/items.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { Target } from "../../serve/target.js";
import { wrong } from "./read-items.js";
import { namesOf } from "./response-names.js";
import { outputItems } from "./response-object.js";

/** The part of a router that remembers conversations. */
interface Remembering {
  conversation(id: string, options?: { readonly tenant?: string }): { messages(): readonly Message[] };
}

/** Earlier answers, found by the ids that this door gave them. */
export interface KeptResponses {
  /** Whether this answer is remembered. */
  readonly keeps: boolean;
  /** The messages up to and with an earlier answer, without the instructions that stood over it. */
  before(id: unknown): readonly Message[];
  find(id: string, path: string): Raw;
}

const RESPONSE = /^resp_([0-9a-f-]{36})(i?)$/;
const ITEM = /^(?:rs|msg|fc|ctc)_([0-9a-f-]{36})\d{1,4}$/;
/** What a stream told in pieces is whole in its first item; the others add nothing. */
const NOTHING: Raw = { type: "reasoning", summary: [] };

/**
 * Answers are remembered as conversations of the router, each under an id of its own, so that two requests may go on from
 * the same answer.
 */
export function keptResponses(target: Target, options: CallOptions, body: Raw): KeptResponses {
  const router = "conversation" in target ? (target as unknown as Remembering) : undefined;
  const { tenant, conversationId } = options;
  const remembers = router !== undefined && conversationId === undefined;
  const recall = (id: string): readonly Message[] => {
    return router?.conversation(id, tenant === undefined ? {} : { tenant }).messages() ?? [];
  };
  const found = new Map<string, readonly Raw[]>();

  return {
    keeps: remembers && body.store !== false,
    before(id) {
      if (id === undefined || id === null) return [];
      const path = "previous_response_id";
      if (!remembers) throw wrong(path, NOT_KEPT, "previous_response_not_found");
      const [, name, flag] = RESPONSE.exec(String(id)) ?? [];
      const messages = name === undefined ? [] : recall(`resp_${name}`);
      if (messages.length === 0) throw wrong(path, FORGOTTEN, "previous_response_not_found");
      return flag === "i" ? messages.slice(1) : messages;
    },
    find(id, path) {
      const name = ITEM.exec(id)?.[1];
      if (name === undefined) {
        // The vendor's own name of an item, which stands beside one of ours.
        for (const items of found.values()) for (const item of items) if (item.id === id) return item;
      }
      if (!remembers || name === undefined) throw wrong(path, `${NOT_KEPT} ${AI_SDK}`, "item_not_found");
      let items = found.get(name);
      if (items === undefined) {
        const last = recall(`resp_${name}`).at(-1);
        items = last?.role === "assistant" ? outputItems(last as AssistantMessage, namesOf(name)) : [];
        found.set(name, items);
      }
      if (items.length === 0) throw wrong(path, `${FORGOTTEN} ${AI_SDK}`, "item_not_found");
      return items.find((each) => each.id === id) ?? NOTHING;
    },
  };
}

const NOT_KEPT =
  "answers are not kept here: send the whole input, or give createFetch a router (createRouter), which remembers them as conversations, and leave store and conversationId alone.";
const FORGOTTEN =
  "no such answer is remembered (any more): send the whole input; createRouter({ conversations: { ttlMs, max } }) says how long answers are kept, store: false keeps none.";
const AI_SDK = "In the AI SDK, providerOptions: { openai: { store: false } } sends items instead of their ids.";
