import type { AssistantMessage, ProviderState } from "../../chat/message.js";
import type { AnswerPart } from "./model-like.js";
import { field, jsonObject } from "./part-state.js";

/**
 * An answer's parts with what their model hung on them (signatures, item ids), as state for the way back. `undefined`
 * where nothing hangs on them: then text and calls say it all.
 */
export function keepParts(parts: readonly AnswerPart[], issuer: string): ProviderState | undefined {
  const ours = parts.filter(({ type }) => type === "text" || type === "reasoning" || type === "tool-call");
  if (!ours.some((part) => part.providerMetadata !== undefined)) return undefined;
  const kept = ours.map(({ type, text, toolCallId, toolName, input, providerMetadata }) => ({
    type,
    text,
    toolCallId,
    toolName,
    input,
    providerMetadata,
  }));
  return { issuer, data: jsonObject({ parts: kept }) };
}

/** The parts to hand back, where the message carries this issuer's and still says what they say. */
export function keptParts(message: AssistantMessage, issuer: string): readonly AnswerPart[] | undefined {
  const { provider_state: state } = message;
  if (state?.issuer !== issuer) return undefined;
  const parts = field(state.data, "parts");
  if (!Array.isArray(parts)) return undefined;
  const known = parts as readonly AnswerPart[];
  const text = known.map((part) => (part.type === "text" ? (part.text ?? "") : "")).join("");
  const calls = known.filter((part) => part.type === "tool-call").map((part) => part.toolCallId);
  const unchanged =
    text === (message.content ?? "") &&
    calls.join("\n") === (message.tool_calls ?? []).map((call) => call.id).join("\n");
  return unchanged ? known : undefined;
}
