/** Text inside a message. */
export interface TextPart {
  type: "text";
  text: string;
}

/** A picture: an `https:` URL or a `data:` URL. The library never downloads it. */
export interface ImagePart {
  type: "image_url";
  image_url: { url: string; detail?: "auto" | "low" | "high" };
}

/** Sound, base64. */
export interface AudioPart {
  type: "input_audio";
  input_audio: { data: string; format: "wav" | "mp3" };
}

/** A file, inline or by the vendor's id. */
export interface FilePart {
  type: "file";
  file: { file_data?: string; file_id?: string; filename?: string };
}

/** A refusal an assistant gave earlier. */
export interface RefusalPart {
  type: "refusal";
  refusal: string;
}

/** What a user's message may hold besides a plain string. */
export type ContentPart = TextPart | ImagePart | AudioPart | FilePart;

/** A model's wish to call a function; `arguments` is JSON text as the model wrote it, valid or not. */
export interface FunctionToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** A call of a free-form (`custom`) tool; `input` is the text that the model wrote for it. */
export interface CustomToolCall {
  id: string;
  type: "custom";
  custom: { name: string; input: string };
}

/** Either kind of tool call. Members that this type does not name are the vendor's own and go back to it alone. */
export type ToolCall = FunctionToolCall | CustomToolCall;

/** The function that a call names; `undefined` for no call or that of a custom tool. */
export function functionOf(call: ToolCall | undefined): FunctionToolCall["function"] | undefined {
  return call?.type === "function" ? call.function : undefined;
}

/**
 * What a provider needs to see again to go on thinking where it stopped (signatures, reasoning details, block order).
 * Opaque to everyone but its issuer. Sent back it costs nothing; without it the model loses its train of thought.
 */
export interface ProviderState {
  /** The provider id that issued it and alone gets it back. */
  issuer: string;
  /** JSON whose shape is the issuer's own. */
  data: unknown;
}

/**
 * Whether state holds a whole turn without words, such as what a vendor's own tools did, or a turn that says nothing on
 * purpose: an answer, though it has no text.
 */
export function isTurn(state: ProviderState | null | undefined): boolean {
  return (state?.data as { turn?: unknown } | null | undefined)?.turn === true;
}

/** Instructions that stand over the conversation. */
export interface SystemMessage {
  role: "system";
  content: string | TextPart[];
  name?: string;
}

/** Instructions, in the newer word; sent as `system` where a vendor does not know it. */
export interface DeveloperMessage {
  role: "developer";
  content: string | TextPart[];
  name?: string;
}

/** What the user said or showed. */
export interface UserMessage {
  role: "user";
  content: string | ContentPart[];
  name?: string;
}

/** A stretch of an answer that rests on a source, in OpenAI's shape. */
export interface Annotation {
  type: "url_citation";
  /** The source, and the characters of `content` that rest on it. */
  url_citation: { url: string; title: string; start_index: number; end_index: number };
}

/** Sound that a model answered with. */
export interface ReplyAudio {
  id: string;
  /** The sound, base64. */
  data: string;
  /** What is said in it. */
  transcript: string;
  /** When the vendor forgets it, seconds since 1970. */
  expires_at: number;
}

/** A picture that a model answered with, as OpenRouter and its kind write it. */
export interface ReplyImage {
  type: "image_url";
  image_url: { url: string };
}

/** What the model said; a reply's `message` goes back as it is. Fields not named here pass to the provider. */
export interface AssistantMessage {
  role: "assistant";
  content?: string | (TextPart | RefusalPart)[] | null;
  name?: string;
  refusal?: string | null;
  audio?: { id: string } | null;
  function_call?: { name: string; arguments: string } | null;
  tool_calls?: ToolCall[];
  /** Extension: the thinking behind this answer, as text. */
  reasoning_content?: string | null;
  /** Extension: see {@link ProviderState}. */
  provider_state?: ProviderState | null;
  /** Of an earlier answer; never sent. */
  annotations?: Annotation[];
  /** Extension: pictures of an earlier answer; they go back to the provider that made them. */
  images?: ReplyImage[];
}

/** The result of one tool call. */
export interface ToolMessage {
  role: "tool";
  content: string | TextPart[];
  tool_call_id: string;
  /** Extension: `true` if the tool failed and `content` says how; told to vendors whose wire has a word for it. */
  is_error?: boolean;
}

/** The retired form of a tool result; passed through. */
export interface FunctionMessage {
  role: "function";
  content: string | null;
  name: string;
}

/** One message of a conversation, in the vocabulary of OpenAI Chat Completions. */
export type Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage;
