import { needsOf } from "../chat/needs.js";
import type { ChatRequest } from "../chat/request.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { Characteristics, Need } from "../contract/strategy.js";
import { needsList } from "../strategies/characteristics/needs-list.js";
import type { CharacteristicsInit } from "./parts.js";

/** How long an answer is expected to be if the request says nothing, tokens. */
const USUAL_OUTPUT = 500;

/** How a request looks to a router that does not read its words: what the call and the request's fields say. */
export function plainCharacteristics(request: ChatRequest, options: CharacteristicsInit): Characteristics {
  return new PlainCharacteristics(request, options);
}

class PlainCharacteristics implements Characteristics {
  readonly kind: string;
  readonly knownKind: string | undefined;
  readonly complexity = 0.5;
  readonly sensitivity: Characteristics["sensitivity"];
  readonly pinned: boolean;
  readonly #request: ChatRequest;
  readonly #require: readonly Need[] | undefined;
  #tokens: { readonly input: number; readonly output: number } | undefined = undefined;

  constructor(request: ChatRequest, { taskType, sensitivity, require, priority, pinned }: CharacteristicsInit) {
    const batch = priority === "batch";
    this.kind = taskType ?? "chat";
    this.knownKind = taskType;
    this.sensitivity = {
      cost: sensitivity?.cost ?? (batch ? "high" : "medium"),
      latency: sensitivity?.latency ?? (batch ? "low" : priority === "interactive" ? "high" : "medium"),
      urgency: sensitivity?.urgency ?? (batch ? "low" : "medium"),
    };
    this.pinned = pinned ?? false;
    this.#request = request;
    this.#require = require;
  }

  get tokens(): { readonly input: number; readonly output: number } {
    const { max_completion_tokens: most, max_tokens: mostOnce } = this.#request;
    this.#tokens ??= {
      input: estimateRequestTokens(this.#request),
      output: Math.min(USUAL_OUTPUT, most ?? mostOnce ?? USUAL_OUTPUT),
    };
    return this.#tokens;
  }

  get knownTokens(): { readonly input: number; readonly output: number } | undefined {
    return this.#tokens;
  }

  get needs(): readonly Need[] {
    return needsList(needsOf(this.#request), this.#require);
  }

  toJSON(): Characteristics {
    const { kind, complexity, tokens, needs, sensitivity, pinned } = this;
    return { kind, complexity, tokens, needs, sensitivity, pinned };
  }
}
