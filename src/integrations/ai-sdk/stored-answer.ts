import type {
  JSONObject,
  LanguageModelV3Content,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  SharedV3ProviderMetadata,
} from "@ai-sdk/provider";
import { field, jsonObject, OURS } from "./part-state.js";

/** A whole answer as the cache keeps it: JSON, the same for generate and stream. */
export interface StoredAnswer {
  readonly storedAtMs: number;
  readonly content: LanguageModelV3Content[];
  readonly finishReason: LanguageModelV3GenerateResult["finishReason"];
  readonly usage: LanguageModelV3GenerateResult["usage"];
  readonly providerMetadata?: SharedV3ProviderMetadata | undefined;
  readonly response?: { readonly id?: string | undefined; readonly modelId?: string | undefined } | undefined;
}

/** Which answers are kept besides plain ones that ended by themselves. */
export interface Gate {
  /** `"zero"`: only calls whose temperature is 0 or absent; `"any"`: all. */
  readonly temperature: "zero" | "any";
  /** Whether answers that call tools are kept. */
  readonly toolCalls: boolean;
}

/** Whether an answer may be given again. Cut, filtered, empty and failed ones may not. */
export function mayStore(answer: Omit<StoredAnswer, "storedAtMs">, gate: Gate): boolean {
  const { unified } = answer.finishReason;
  if (unified !== "stop" && !(gate.toolCalls && unified === "tool-calls")) return false;
  let said = false;
  for (const part of answer.content) {
    if (part.type === "tool-call") {
      if (!gate.toolCalls || part.providerExecuted === true || !isJson(part.input)) return false;
      said = true;
    } else if (part.type === "text") said ||= part.text !== "";
    else if (part.type !== "reasoning" && part.type !== "source") return false;
  }
  return said;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What came out of a cache, if it is one of ours and whole. */
export function readStored(value: unknown): StoredAnswer | undefined {
  const whole = Array.isArray(field(value, "content")) && typeof field(value, "storedAtMs") === "number";
  return whole && typeof field(field(value, "finishReason"), "unified") === "string"
    ? (value as StoredAnswer)
    : undefined;
}

export function asResult(stored: StoredAnswer, nowMs: number): LanguageModelV3GenerateResult {
  const { content, finishReason, usage, response } = stored;
  return {
    content: content.map((part) => ({ ...part })),
    finishReason,
    usage,
    warnings: [],
    providerMetadata: marked(stored, nowMs),
    response: { ...ids(response), timestamp: new Date(stored.storedAtMs) },
  };
}

/** The stored answer as the stream it could have been. */
export function asParts(stored: StoredAnswer, nowMs: number): LanguageModelV3StreamPart[] {
  const parts: LanguageModelV3StreamPart[] = [
    { type: "stream-start", warnings: [] },
    { type: "response-metadata", ...ids(stored.response), timestamp: new Date(stored.storedAtMs) },
  ];
  stored.content.forEach((part, index) => {
    if (part.type === "tool-call") {
      const { toolCallId: id, toolName, input } = part;
      parts.push({ type: "tool-input-start", id, toolName }, { type: "tool-input-delta", id, delta: input });
      parts.push({ type: "tool-input-end", id }, part);
    } else if (part.type === "text" || part.type === "reasoning") {
      const id = String(index);
      const signed = part.providerMetadata ? { providerMetadata: part.providerMetadata } : {};
      parts.push({ type: `${part.type}-start`, id }, { type: `${part.type}-delta`, id, delta: part.text });
      parts.push({ type: `${part.type}-end`, id, ...signed });
    } else if (part.type === "source") parts.push(part);
  });
  const { finishReason, usage } = stored;
  parts.push({ type: "finish", finishReason, usage, providerMetadata: marked(stored, nowMs) });
  return parts;
}

function ids(response: StoredAnswer["response"]): { id?: string; modelId?: string } {
  const { id, modelId } = response ?? {};
  return { ...(id === undefined ? {} : { id }), ...(modelId === undefined ? {} : { modelId }) };
}

function marked({ providerMetadata, storedAtMs }: StoredAnswer, nowMs: number): SharedV3ProviderMetadata {
  const cache: JSONObject = { status: "hit", ageMs: Math.max(0, nowMs - storedAtMs) };
  return jsonObject({
    ...providerMetadata,
    [OURS]: { ...providerMetadata?.[OURS], cache },
  }) as SharedV3ProviderMetadata;
}
