import type { Annotation, ProviderState, ReplyAudio, ReplyImage, ToolCall } from "./message.js";
import type { Usage } from "./usage.js";

/** Why the model stopped. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

/** The assistant's answer; goes back into `messages` as it is. */
export interface ReplyMessage {
  /** The model's turn. */
  role: "assistant";
  /** What it said; `null` if it called tools or refused instead. */
  content: string | null;
  /** Why it did not answer. */
  refusal: string | null;
  /** The tools that it wants called. */
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
  /** The token as text. */
  token: string;
  /** Its bytes, for tokens that are part of a character. */
  bytes: number[] | null;
  /** The natural logarithm of its probability. */
  logprob: number;
  /** The most probable tokens at this place. */
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[];
}

/** How sure the model was, token by token, where a vendor tells. */
export interface Logprobs {
  /** The tokens of the text. */
  content: TokenLogprob[] | null;
  /** The tokens of the refusal. */
  refusal: TokenLogprob[] | null;
}

/** One answer; only one is ever asked for. */
export interface Choice {
  /** Always 0. */
  index: number;
  /** Why the answer ended. */
  finish_reason: FinishReason;
  /** The probabilities of its tokens, if they were asked for. */
  logprobs: Logprobs | null;
  /** The model's turn. */
  message: ReplyMessage;
}

/** An answer: an OpenAI ChatCompletion with at least one choice. */
export interface ChatReply {
  /** The vendor's id of the answer. */
  id: string;
  /** Always `chat.completion`. */
  object: "chat.completion";
  /** Seconds since 1970. */
  created: number;
  /** The model that answered, as the provider names it. */
  model: string;
  /** The answer; never empty. */
  choices: [Choice, ...Choice[]];
  /** The tokens that the answer used. */
  usage?: Usage;
  /** The vendor's name of the setup that answered. */
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
