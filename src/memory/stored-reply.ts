import type { Annotation, ProviderState, ReplyAudio, ReplyImage, ToolCall } from "../chat/message.js";
import type { ChatReply, Extensions, FinishReason, Logprobs, ServiceTier } from "../chat/reply.js";
import type { Usage } from "../chat/usage.js";
import { type PackedUsage, packUsage, unpackUsage } from "./usage-pack.js";

/** An answer as the cache holds it: text and packed fields. */
export interface StoredReply {
  /** The provider that answered. */
  readonly provider: string;
  /** The model as the provider names it. */
  readonly model: string;
  /** `"provider/model"`: who would have to be eligible for this answer to serve. */
  readonly candidate: string;
  /** The provider's own, which tells it from its namesakes; "" where it gave none. */
  readonly origin: string;
  /** Wall-clock milliseconds since 1970. */
  readonly storedAtWallMs: number;
  /** What the answer cost; `null` where the price is unknown. */
  readonly costUsd: number | null;
  /** The text; `null` beside tool calls alone. */
  readonly text: string | null;
  /** The vendor's id of the answer. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Why the answer ended. */
  readonly finishReason: FinishReason;
  /** Packed; whole where a vendor's extra counts would be lost. */
  readonly usage: PackedUsage | Usage | null;
  /** What most answers do not have. */
  readonly extra: StoredExtra | null;
}

/** The rarer parts of an answer. */
export interface StoredExtra {
  /** Why the model did not answer. */
  readonly refusal?: string;
  /** The thinking that came with the answer. */
  readonly reasoning?: string;
  /** The tools that it wants called. */
  readonly toolCalls?: readonly ToolCall[];
  /** What the issuer needs back with the turn. */
  readonly providerState?: ProviderState;
  /** The probabilities of its tokens. */
  readonly logprobs?: Logprobs;
  /** The vendor's name of the setup that answered. */
  readonly fingerprint?: string;
  /** Citations. */
  readonly annotations?: Annotation[];
  /** The spoken answer. */
  readonly audio?: ReplyAudio;
  /** Pictures of the answer. */
  readonly images?: ReplyImage[];
  /** The tier of service that answered. */
  readonly serviceTier?: ServiceTier;
  /** What vendors add, by vendor. */
  readonly extensions?: Extensions;
  /** Keys under which providers may keep this answer, too. */
  readonly kept?: readonly string[];
  /** Who answered within a provider that is a router. */
  readonly answeredBy?: { readonly provider: string; readonly model: string };
}

/** How an answer came about, for {@link packReply}. */
export interface StoredOrigin {
  readonly provider: string;
  readonly candidate: string;
  /** @default "" */
  readonly origin?: string | undefined;
  readonly storedAtWallMs: number;
  readonly costUsd: number | null;
  readonly kept?: readonly string[] | undefined;
  readonly answeredBy?: StoredExtra["answeredBy"] | undefined;
}

/** Packs the first choice of an answer. */
export function packReply(reply: ChatReply, about: StoredOrigin): StoredReply {
  const [choice] = reply.choices;
  const { message } = choice;
  const extra: StoredExtra = {
    ...(typeof message.refusal === "string" ? { refusal: message.refusal } : {}),
    ...(typeof message.reasoning_content === "string" ? { reasoning: message.reasoning_content } : {}),
    ...(message.tool_calls === undefined ? {} : { toolCalls: message.tool_calls }),
    ...(message.provider_state ? { providerState: message.provider_state } : {}),
    ...(choice.logprobs ? { logprobs: choice.logprobs } : {}),
    ...(reply.system_fingerprint === undefined ? {} : { fingerprint: reply.system_fingerprint }),
    ...(message.annotations === undefined ? {} : { annotations: message.annotations }),
    ...(message.audio ? { audio: message.audio } : {}),
    ...(message.images === undefined ? {} : { images: message.images }),
    ...(reply.service_tier ? { serviceTier: reply.service_tier } : {}),
    ...(reply.extensions === undefined ? {} : { extensions: reply.extensions }),
    ...(about.kept === undefined ? {} : { kept: about.kept }),
    ...(about.answeredBy === undefined ? {} : { answeredBy: about.answeredBy }),
  };
  return {
    provider: about.provider,
    model: reply.model,
    candidate: about.candidate,
    origin: about.origin ?? "",
    storedAtWallMs: about.storedAtWallMs,
    costUsd: about.costUsd,
    text: message.content,
    id: reply.id,
    created: reply.created,
    finishReason: choice.finish_reason,
    usage: reply.usage === undefined ? null : (packUsage(reply.usage) ?? reply.usage),
    extra: Object.keys(extra).length === 0 ? null : extra,
  };
}

/** The answer anew: the caller's own, to change as they like. */
export function unpackReply(stored: StoredReply): ChatReply {
  const { extra, usage } = stored;
  const reply: ChatReply = {
    id: stored.id,
    object: "chat.completion",
    created: stored.created,
    model: stored.model,
    choices: [
      {
        index: 0,
        finish_reason: stored.finishReason,
        logprobs: null,
        message: { role: "assistant", content: stored.text, refusal: null },
      },
    ],
  };
  if (usage !== null) reply.usage = isPacked(usage) ? unpackUsage(usage) : structuredClone(usage);
  if (extra === null) return reply;
  const [choice] = reply.choices;
  if (extra.refusal !== undefined) choice.message.refusal = extra.refusal;
  if (extra.reasoning !== undefined) choice.message.reasoning_content = extra.reasoning;
  if (extra.toolCalls !== undefined) {
    choice.message.tool_calls = structuredClone(extra.toolCalls) as ToolCall[];
  }
  if (extra.providerState !== undefined) choice.message.provider_state = structuredClone(extra.providerState);
  if (extra.logprobs !== undefined) choice.logprobs = structuredClone(extra.logprobs);
  if (extra.fingerprint !== undefined) reply.system_fingerprint = extra.fingerprint;
  if (extra.annotations !== undefined) choice.message.annotations = structuredClone(extra.annotations);
  if (extra.audio !== undefined) choice.message.audio = { ...extra.audio };
  if (extra.images !== undefined) choice.message.images = structuredClone(extra.images);
  if (extra.serviceTier !== undefined) reply.service_tier = extra.serviceTier;
  if (extra.extensions !== undefined) reply.extensions = structuredClone(extra.extensions);
  return reply;
}

function isPacked(usage: PackedUsage | Usage): usage is PackedUsage {
  return Array.isArray(usage);
}

/** Milliseconds since an answer was stored. */
export function ageOf({ storedAtWallMs }: StoredReply, nowWallMs: number): number {
  return Math.max(0, nowWallMs - storedAtWallMs);
}
