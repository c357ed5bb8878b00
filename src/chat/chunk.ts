import type { Annotation, ProviderState, ReplyAudio, ReplyImage } from "./message.js";
import type { Extensions, FinishReason, Logprobs, ServiceTier } from "./reply.js";
import type { Usage } from "./usage.js";

/** A piece of a tool call; pieces with the same `index` belong together. */
export interface ToolCallDelta {
  index: number;
  id?: string;
  /** `"custom"` on pieces that have `custom`; OpenAI's own type of a piece knows only functions. */
  type?: "function";
  function?: { name?: string; arguments?: string };
  /** A piece of a custom tool's call. */
  custom?: { name?: string; input?: string };
}

/** What one event adds to the answer. */
export interface Delta {
  role?: "assistant";
  content?: string | null;
  refusal?: string | null;
  tool_calls?: ToolCallDelta[];
  /** Extension: a piece of the thinking. */
  reasoning_content?: string | null;
  /** Extension: given once, at the end, where the provider has state to keep. */
  provider_state?: ProviderState | null;
  /** Sources; each is told once. */
  annotations?: Annotation[];
  /** A piece of sound: `data` and `transcript` add up. */
  audio?: Partial<ReplyAudio> | null;
  /** Extension: pictures; each is told once. */
  images?: ReplyImage[];
}

/** The one choice of a chunk: what it adds, and why it ended once it has. */
export interface ChunkChoice {
  index: number;
  delta: Delta;
  finish_reason: FinishReason | null;
  logprobs?: Logprobs | null;
}

/** One event of a streamed answer: an OpenAI chat.completion.chunk. `choices` is empty on a usage-only chunk. */
export interface ChatChunk {
  id: string;
  object: "chat.completion.chunk";
  /** Seconds since 1970. */
  created: number;
  model: string;
  choices: ChunkChoice[];
  usage?: Usage | null;
  system_fingerprint?: string;
  service_tier?: ServiceTier | null;
  /** Extension: what else the vendor said, by provider id; told once, towards the end. */
  extensions?: Extensions;
  /** Extension: `{ reset: true }` on the marker of a restarted stream: forget the text so far. */
  signalbox?: { reset: true };
}
