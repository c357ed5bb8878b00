import type { ToolCall } from "../chat/message.js";
import type { FinishReason } from "../chat/reply.js";
import type { StoredExtra, StoredReply } from "./stored-reply.js";
import { isTags } from "./tags.js";

/** Raised whenever what {@link encodeReply} writes can no longer be read by an older {@link decodeReply}. */
export const STORED_VERSION = 2;

const FINISH = new Set(["stop", "length", "tool_calls", "content_filter", "function_call"]);

/** One string: a line of packed fields, then the text. What the cache and its second tier hold. */
export function encodeReply(stored: StoredReply): string {
  const { provider, model, candidate, storedAtWallMs, costUsd, text, id, created, finishReason, usage, extra, origin } =
    stored;
  // The candidate mostly spells the provider and the model already.
  const packedProvider = candidate.startsWith(`${provider}/`) ? provider.length : provider;
  const packedModel = candidate === `${provider}/${model}` ? 0 : model;
  const packedFinish = finishReason === "stop" ? 0 : finishReason;
  const head: unknown[] = [STORED_VERSION, candidate, packedProvider, packedModel, storedAtWallMs, costUsd];
  head.push(text === null ? 0 : 1, id, created - secondsOf(storedAtWallMs), packedFinish, usage, origin);
  if (extra !== null) head.push(extra);
  return `${JSON.stringify(head)}\n${text ?? ""}`;
}

/** Reads what {@link encodeReply} wrote; `undefined` for anything else, other versions included. Never throws. */
export function decodeReply(value: unknown): StoredReply | undefined {
  if (typeof value !== "string") return undefined;
  const end = value.indexOf("\n");
  if (end < 0) return undefined;
  try {
    const head: unknown = JSON.parse(value.slice(0, end));
    return Array.isArray(head) ? fromHead(head, value, end + 1) : undefined;
  } catch {
    return undefined;
  }
}

function fromHead(head: readonly unknown[], value: string, textAt: number): StoredReply | undefined {
  const [
    version,
    candidate,
    packedProvider,
    packedModel,
    storedAtWallMs,
    costUsd,
    hasText,
    id,
    createdLater,
    packedFinish,
    usage,
    origin,
    extra,
  ] = head;
  if (version !== STORED_VERSION || typeof candidate !== "string") return undefined;
  const provider = typeof packedProvider === "number" ? candidate.slice(0, packedProvider) : packedProvider;
  if (typeof provider !== "string") return undefined;
  const model = packedModel === 0 ? candidate.slice(provider.length + 1) : packedModel;
  const finishReason = packedFinish === 0 ? "stop" : packedFinish;
  if (typeof model !== "string" || typeof origin !== "string") return undefined;
  if (typeof id !== "string" || !FINISH.has(finishReason as string)) return undefined;
  if (typeof storedAtWallMs !== "number" || typeof createdLater !== "number") return undefined;
  if (costUsd !== null && typeof costUsd !== "number") return undefined;
  if (!isUsage(usage) || !(extra === undefined || isExtra(extra))) return undefined;
  return {
    provider,
    model,
    candidate,
    origin,
    storedAtWallMs,
    costUsd,
    text: hasText === 1 ? value.slice(textAt) : null,
    id,
    created: createdLater + secondsOf(storedAtWallMs),
    finishReason: finishReason as FinishReason,
    usage,
    extra: extra ?? null,
  };
}

/** `created` mostly lies a moment before: told by the difference, it takes a digit or two. */
function secondsOf(wallMs: number): number {
  return Math.floor(wallMs / 1_000);
}

function isUsage(usage: unknown): usage is StoredReply["usage"] {
  if (usage === null) return true;
  if (Array.isArray(usage)) return usage.length >= 4 && usage.every((count) => typeof count === "number");
  if (typeof usage !== "object") return false;
  const { prompt_tokens, completion_tokens, total_tokens } = usage as { readonly [name: string]: unknown };
  return [prompt_tokens, completion_tokens, total_tokens].every((count) => typeof count === "number");
}

type Unread = {
  readonly [name: string]: unknown;
  readonly answeredBy?: { provider?: unknown; model?: unknown } | null;
};

function isExtra(extra: unknown): extra is StoredExtra {
  if (typeof extra !== "object" || extra === null) return false;
  const { refusal, reasoning, toolCalls, fingerprint, kept, answeredBy, ...others } = extra as Unread;
  for (const text of [refusal, reasoning, fingerprint])
    if (text !== undefined && typeof text !== "string") return false;
  for (const part of [others.logprobs, others.providerState, others.audio, others.extensions])
    if (part !== undefined && (typeof part !== "object" || part === null)) return false;
  for (const list of [others.annotations, others.images]) if (list !== undefined && !Array.isArray(list)) return false;
  if (others.serviceTier !== undefined && typeof others.serviceTier !== "string") return false;
  if (kept !== undefined && !isTags(kept)) return false;
  if (answeredBy !== undefined && !isTags([answeredBy?.provider, answeredBy?.model])) return false;
  return toolCalls === undefined || (Array.isArray(toolCalls) && toolCalls.every(isToolCall));
}

function isToolCall(call: unknown): call is ToolCall {
  if (typeof call !== "object" || call === null) return false;
  const { id, type, function: fn, custom } = call as { readonly [member: string]: unknown };
  const named = type === "custom" ? custom : fn;
  if (typeof id !== "string" || typeof named !== "object" || named === null) return false;
  const { name, arguments: args, input } = named as { readonly [member: string]: unknown };
  return typeof name === "string" && typeof (type === "custom" ? input : args) === "string";
}
