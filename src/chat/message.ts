/** Text inside a message. */
export interface TextPart {
  /** Marks a text. */
  type: "text";
  /** The text. */
  text: string;
}

/** A picture: an `https:` URL or a `data:` URL. The library never downloads it. */
export interface ImagePart {
  /** Marks a picture. */
  type: "image_url";
  /** The picture's address or data URL, and how closely to look. */
  image_url: { url: string; detail?: "auto" | "low" | "high" };
}

/** Sound, base64. */
export interface AudioPart {
  /** Marks a recording. */
  type: "input_audio";
  /** The recording, as base64, and its format. */
  input_audio: { data: string; format: "wav" | "mp3" };
}

/** A file, inline or by the vendor's id. */
export interface FilePart {
  /** Marks a file. */
  type: "file";
  /** The file: its data as a data URL, or the vendor's id of it. */
  file: { file_data?: string; file_id?: string; filename?: string };
}

/** A refusal an assistant gave earlier. */
export interface RefusalPart {
  /** Marks a refusal. */
  type: "refusal";
  /** Why the model did not answer. */
  refusal: string;
}

/** What a user's message may hold besides a plain string. */
export type ContentPart = TextPart | ImagePart | AudioPart | FilePart;

/** A model's wish to call a function; `arguments` is JSON text as the model wrote it, valid or not. */
export interface FunctionToolCall {
  /** The call's id, which its result names. */
  id: string;
  /** Marks a call of a function. */
  type: "function";
  /** The function's name and its arguments as JSON text. */
  function: { name: string; arguments: string };
}

/** A call of a free-form (`custom`) tool; `input` is the text that the model wrote for it. */
export interface CustomToolCall {
  /** The call's id, which its result names. */
  id: string;
  /** Marks a call with free text as its input. */
  type: "custom";
  /** The tool's name and its input. */
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
  /** Instructions that stand over the conversation. */
  role: "system";
  /** The instructions. */
  content: string | TextPart[];
  /** Tells speakers of one role apart. */
  name?: string;
}

/** Instructions, in the newer word; sent as `system` where a vendor does not know it. */
export interface DeveloperMessage {
  /** Instructions, in the name that newer OpenAI models use. */
  role: "developer";
  /** The instructions. */
  content: string | TextPart[];
  /** Tells speakers of one role apart. */
  name?: string;
}

/** What the user said or showed. */
export interface UserMessage {
  /** The user's turn. */
  role: "user";
  /** What the user says or shows. */
  content: string | ContentPart[];
  /** Tells speakers of one role apart. */
  name?: string;
}

/** A stretch of an answer that rests on a source, in OpenAI's shape. */
export interface Annotation {
  /** Always `url_citation`. */
  type: "url_citation";
  /** The source, and the characters of `content` that rest on it. */
  url_citation: { url: string; title: string; start_index: number; end_index: number };
}

/** Sound that a model answered with. */
export interface ReplyAudio {
  /** The vendor's id of the recording. */
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
  /** Marks a picture. */
  type: "image_url";
  /** The picture's address or data URL. */
  image_url: { url: string };
}

/** What the model said; a reply's `message` goes back as it is. Fields not named here pass to the provider. */
export interface AssistantMessage {
  /** The model's turn. */
  role: "assistant";
  /** What it said; `null` beside tool calls alone. */
  content?: string | (TextPart | RefusalPart)[] | null;
  /** Tells speakers of one role apart. */
  name?: string;
  /** Why it did not answer. */
  refusal?: string | null;
  /** An earlier spoken answer, by its id. */
  audio?: { id: string } | null;
  /** A call in the form of before `tool_calls`. */
  function_call?: { name: string; arguments: string } | null;
  /** The tools that it wants called. */
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
  /** The result of a tool call. */
  role: "tool";
  /** What the tool returned. */
  content: string | TextPart[];
  /** The id of the call that this answers. */
  tool_call_id: string;
  /** Extension: `true` if the tool failed and `content` says how; told to vendors whose wire has a word for it. */
  is_error?: boolean;
}

/** The retired form of a tool result; passed through. */
export interface FunctionMessage {
  /** A result in the form of before `tool`. */
  role: "function";
  /** What the function returned. */
  content: string | null;
  /** The function that was called. */
  name: string;
}

/** One message of a conversation, in the vocabulary of OpenAI Chat Completions. */
export type Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage;
