import type { AssistantMessage, ProviderState } from "../../chat/message.js";
import { toBase64 } from "../../core/bytes.js";
import type { AnswerPart, Metadata } from "./model-like.js";
import { field, jsonObject } from "./part-state.js";

/** What a model said of its answer as a whole. */
export interface AnswerFacts {
  readonly providerMetadata?: Metadata | undefined;
  /** The vendor's own name for the model that answered. */
  readonly modelId?: string | undefined;
  /** The vendor's own word for why it stopped. */
  readonly rawFinish?: string | undefined;
}

/**
 * All parts of an answer if text and calls alone do not say it all (signatures, item ids, thinking, sources, files, tools
 * that the vendor ran), with what was said of the whole. `undefined` if there is nothing to keep.
 */
export function keepParts(
  parts: readonly AnswerPart[],
  issuer: string,
  facts: AnswerFacts = {},
): ProviderState | undefined {
  const plain = parts.every((part) => {
    const said = part.type === "text" || (part.type === "tool-call" && part.providerExecuted !== true);
    return said && part.providerMetadata === undefined;
  });
  const kept = plain ? undefined : parts.map(encoded);
  const answer = Object.values(facts).some((fact) => fact !== undefined) ? facts : undefined;
  return kept || answer ? { issuer, data: jsonObject({ parts: kept, answer }) } : undefined;
}

/** Bytes as base64, so that the part is JSON. */
function encoded(part: AnswerPart): AnswerPart {
  const { data } = part;
  if (!(data instanceof Uint8Array)) return part;
  return { ...part, data: toBase64(data) };
}

/** The parts of an answer that came from a model of the AI SDK, as they came; `undefined` for any other answer. */
export function partsOf(state: ProviderState | null | undefined): readonly AnswerPart[] | undefined {
  const parts = field(state?.data, "parts");
  return Array.isArray(parts) ? (parts as readonly AnswerPart[]) : undefined;
}

export function factsOf(state: ProviderState | null | undefined): AnswerFacts {
  return (field(state?.data, "answer") ?? {}) as AnswerFacts;
}

/** The state as it goes into a history: what was said of the answer as a whole, and its sources, are no part of that. */
export function replayable(state: ProviderState | null | undefined): ProviderState | undefined {
  if (!state) return undefined;
  const parts = partsOf(state);
  if (parts === undefined) return field(state.data, "answer") === undefined ? state : undefined;
  return { issuer: state.issuer, data: { parts: parts.filter(({ type }) => type !== "source") } };
}

/** The parts to hand back, if the message carries this issuer's and still says what they say. */
export function keptParts(message: AssistantMessage, issuer: string): readonly AnswerPart[] | undefined {
  const { provider_state: state } = message;
  const known = state?.issuer === issuer ? partsOf(state) : undefined;
  if (known === undefined) return undefined;
  const text = known.map((part) => (part.type === "text" ? (part.text ?? "") : "")).join("");
  const calls = known.filter((part) => part.type === "tool-call" && part.providerExecuted !== true);
  const unchanged =
    text === textOf(message) &&
    calls.map((part) => part.toolCallId).join("\n") === (message.tool_calls ?? []).map((call) => call.id).join("\n");
  return unchanged ? known : undefined;
}

function textOf({ content }: AssistantMessage): string {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((part) => (part.type === "text" ? part.text : part.refusal)).join("");
}
