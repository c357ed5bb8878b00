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

/** A call of a free-form (`custom`) tool. */
export interface CustomToolCall {
  id: string;
  type: "custom";
  custom: { name: string; input: string };
}

/** Either kind of tool call, as it may stand in a history. */
export type ToolCall = FunctionToolCall | CustomToolCall;

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

/** What the model said; a reply's `message` goes back as it is. */
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
