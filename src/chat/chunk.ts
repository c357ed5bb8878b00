import type { Annotation, ProviderState, ReplyAudio, ReplyImage } from "./message.js";
import type { Extensions, FinishReason, Logprobs, ServiceTier } from "./reply.js";
import type { Usage } from "./usage.js";

/** A piece of a tool call; pieces with the same `index` belong together. */
export interface ToolCallDelta {
  /** Which call of the answer this is a piece of, from 0. */
  index: number;
  /** The call's id, in its first piece. */
  id?: string;
  /** `"custom"` on pieces that have `custom`; OpenAI's own type of a piece knows only functions. */
  type?: "function";
  /** The name in the first piece, and a piece of the arguments. */
  function?: { name?: string; arguments?: string };
  /** A piece of a custom tool's call. */
  custom?: { name?: string; input?: string };
}

/** What one event adds to the answer. */
export interface Delta {
  /** Who speaks, in the first chunk. */
  role?: "assistant";
  /** A piece of the text. */
  content?: string | null;
  /** A piece of the refusal. */
  refusal?: string | null;
  /** Pieces of tool calls. */
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
  /** Always 0. */
  index: number;
  /** What this chunk adds. */
  delta: Delta;
  /** Why the answer ended, in its last chunk; `null` before. */
  finish_reason: FinishReason | null;
  /** The probabilities of this chunk's tokens, if they were asked for. */
  logprobs?: Logprobs | null;
}

/** One event of a streamed answer: an OpenAI chat.completion.chunk. `choices` is empty on a usage-only chunk. */
export interface ChatChunk {
  /** The vendor's id of the answer, the same in each chunk. */
  id: string;
  /** Always `chat.completion.chunk`. */
  object: "chat.completion.chunk";
  /** Seconds since 1970. */
  created: number;
  /** The model that answers, in the vendor's words. */
  model: string;
  /** One choice, or none in the chunk that carries the usage. */
  choices: ChunkChoice[];
  /** The tokens of the whole answer, in the last chunk if they were asked for. */
  usage?: Usage | null;
  /** The vendor's name of the setup that answered. */
  system_fingerprint?: string;
  /** The tier of service that answered. */
  service_tier?: ServiceTier | null;
  /** Extension: what else the vendor said, by provider id; told once, towards the end. */
  extensions?: Extensions;
  /** Extension: `{ reset: true }` on the marker of a restarted stream: forget the text so far. */
  signalbox?: { reset: true };
}
