import type { LanguageModelV3Content, LanguageModelV3StreamPart, SharedV3ProviderMetadata } from "@ai-sdk/provider";
import type { StoredAnswer } from "./stored-answer.js";

type Block = { type: "text" | "reasoning"; text: string; providerMetadata?: SharedV3ProviderMetadata };

/** Gathers a stream's parts into the answer they make. */
export interface PartCollector {
  push(part: LanguageModelV3StreamPart): void;
  /** The whole answer; `undefined` where the stream failed or never finished. */
  answer(): Omit<StoredAnswer, "storedAtMs"> | undefined;
}

export function createPartCollector(): PartCollector {
  const content: LanguageModelV3Content[] = [];
  const open = new Map<string, Block>();
  let finish: Extract<LanguageModelV3StreamPart, { type: "finish" }> | undefined;
  let response: StoredAnswer["response"];
  let failed = false;

  const block = (type: Block["type"], id: string, metadata: SharedV3ProviderMetadata | undefined): Block => {
    const key = `${type} ${id}`;
    let found = open.get(key);
    if (!found) {
      found = { type, text: "" };
      open.set(key, found);
      content.push(found);
    }
    if (metadata) found.providerMetadata = { ...found.providerMetadata, ...metadata };
    return found;
  };

  return {
    push(part) {
      switch (part.type) {
        case "text-start":
        case "text-end":
          block("text", part.id, part.providerMetadata);
          return;
        case "reasoning-start":
        case "reasoning-end":
          block("reasoning", part.id, part.providerMetadata);
          return;
        case "text-delta":
          block("text", part.id, part.providerMetadata).text += part.delta;
          return;
        case "reasoning-delta":
          block("reasoning", part.id, part.providerMetadata).text += part.delta;
          return;
        case "tool-call":
        case "tool-result":
        case "tool-approval-request":
        case "source":
        case "file":
          content.push(part);
          return;
        case "response-metadata":
          response = { id: part.id, modelId: part.modelId };
          return;
        case "finish":
          finish = part;
          return;
        case "error":
          failed = true;
          return;
        default:
          return;
      }
    },
    answer() {
      if (failed || !finish) return undefined;
      const { finishReason, usage, providerMetadata } = finish;
      return { content, finishReason, usage, providerMetadata, response };
    },
  };
}
