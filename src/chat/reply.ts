import type { Annotation, ProviderState, ReplyAudio, ReplyImage, ToolCall } from "./message.js";
import type { Usage } from "./usage.js";

/** Why the model stopped. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

/** The assistant's answer; goes back into `messages` as it is. */
export interface ReplyMessage {
  role: "assistant";
  content: string | null;
  refusal: string | null;
  tool_calls?: ToolCall[];
  /** Sources of the answer, if the vendor names any. */
  annotations?: Annotation[];
  /** Sound, if the request asked for it in `modalities`. */
  audio?: ReplyAudio | null;
  /** Extension: pictures, if the model makes them. */
  images?: ReplyImage[];
  /** Extension: the thinking behind the answer, as text. */
  reasoning_content?: string | null;
  /** Extension: what its issuer needs back; see `ProviderState`. */
  provider_state?: ProviderState | null;
}

/** One token, its chance, and what else it might have been. */
export interface TokenLogprob {
  token: string;
  bytes: number[] | null;
  logprob: number;
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[];
}

/** How sure the model was, token by token, where a vendor tells. */
export interface Logprobs {
  content: TokenLogprob[] | null;
  refusal: TokenLogprob[] | null;
}

/** One answer; only one is ever asked for. */
export interface Choice {
  index: number;
  finish_reason: FinishReason;
  logprobs: Logprobs | null;
  message: ReplyMessage;
}

/** An answer: an OpenAI ChatCompletion with at least one choice. */
export interface ChatReply {
  id: string;
  object: "chat.completion";
  /** Seconds since 1970. */
  created: number;
  /** The model that answered, as the provider names it. */
  model: string;
  choices: [Choice, ...Choice[]];
  usage?: Usage;
  system_fingerprint?: string;
  /** The tier that served the request, if the vendor says so. */
  service_tier?: ServiceTier | null;
  /** Extension: what else a vendor said, by provider id: citations, filter results, what a gateway charged. */
  extensions?: Extensions;
}

/** A vendor's service tier. Vendors besides OpenAI use words of their own. */
export type ServiceTier = "auto" | "default" | "flex" | "scale" | "priority";

/** Fields of an answer that the vocabulary does not know, by provider id. */
export interface Extensions {
  [provider: string]: { [field: string]: unknown };
}
