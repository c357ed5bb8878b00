import type { Message } from "./message.js";

/** A function the model may call; `parameters` is JSON Schema. */
export interface FunctionTool {
  /** Marks a function. */
  type: "function";
  /** Its name, what it does, and a JSON schema of its arguments. */
  function: { name: string; description?: string; parameters?: { [key: string]: unknown }; strict?: boolean | null };
}

/** A free-form tool. */
export interface CustomTool {
  /** Marks a tool with free text as its input. */
  type: "custom";
  /** Its name, what it does, and the grammar of its input. */
  custom: { name: string; description?: string; format?: unknown };
}

/** What the model may call. */
export type Tool = FunctionTool | CustomTool;

/** Whether it may, must, or must not call a tool, and which. */
export type ToolChoice =
  | "none"
  | "auto"
  | "required"
  | { type: "function"; function: { name: string } }
  | { type: "custom"; custom: { name: string } }
  | { type: "allowed_tools"; allowed_tools: { mode: "auto" | "required"; tools: { [key: string]: unknown }[] } };

/** The form of the answer: free text, any JSON, or JSON by a schema. */
export type ResponseFormat =
  | { type: "text" }
  | { type: "json_object" }
  | {
      /** JSON by a schema. */
      type: "json_schema";
      /** The schema and its name. */
      json_schema: {
        /** The schema's name. */
        name: string;
        /** What the answer is for. */
        description?: string;
        /** The JSON schema. */
        schema?: { [key: string]: unknown };
        /** Whether the vendor has to keep to the schema exactly. */
        strict?: boolean | null;
      };
    };

/** How hard to think: a wish, mapped to each vendor's own words and dropped where a model cannot. */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/**
 * A chat request: OpenAI Chat Completions, names and case included. Requests of the official SDK are assignable.
 * Fields this type does not know pass through to the provider.
 */
export interface ChatRequest {
  /** At least one message, oldest first. */
  messages: readonly Message[];
  /** `"auto"` (default), a model id, `"provider/model"`, or an alias. */
  model?: string | null;
  /** Several models, tried in this order; takes the place of `model`. */
  models?: readonly string[] | null;
  /** The voice and format of a spoken answer. */
  audio?: unknown;
  /** From -2 to 2: how much less likely a token gets each time it is used. */
  frequency_penalty?: number | null;
  /** `tool_choice` in the form of before `tools`. */
  function_call?: unknown;
  /** Tools in the form of before `tools`. */
  functions?: unknown;
  /** From -100 to 100 for each token id: how much likelier it gets. */
  logit_bias?: { [key: string]: number } | null;
  /** Asks for the probabilities of the answer's tokens. */
  logprobs?: boolean | null;
  /** The most tokens of the answer, its thinking included. */
  max_completion_tokens?: number | null;
  /** The older name of `max_completion_tokens`. */
  max_tokens?: number | null;
  /** Labels that vendors keep with a stored answer. */
  metadata?: { [key: string]: string } | null;
  /** In which forms the answer may come. Default: text. */
  modalities?: ("text" | "audio" | "image")[] | null;
  /** Only 1 is served. */
  n?: number | null;
  /** Whether one answer may call several tools. */
  parallel_tool_calls?: boolean | null;
  /** Text that the answer is likely to repeat. */
  prediction?: unknown;
  /** From -2 to 2: how much less likely a token gets once it is used. */
  presence_penalty?: number | null;
  /** Groups requests that share a beginning, for the vendor's prefix cache. */
  prompt_cache_key?: string | null;
  /** How much the model may think. A wish: dropped if the model cannot. */
  reasoning_effort?: ReasoningEffort | null;
  /** Extension: the summary of its thinking that an OpenAI model gives; other vendors tell their thinking unasked. */
  reasoning_summary?: "auto" | "concise" | "detailed" | null;
  /** The form of the answer: text, JSON, or JSON by a schema. */
  response_format?: ResponseFormat | null;
  /** An id of the end user, for the vendor's abuse checks. */
  safety_identifier?: string | null;
  /** Makes sampling repeatable as far as the vendor can. */
  seed?: number | null;
  /** The vendor's tier of service to answer in. */
  service_tier?: "auto" | "default" | "flex" | "scale" | "priority" | null;
  /** Texts that end the answer; they are not part of it. */
  stop?: string | readonly string[] | null;
  /** Whether the vendor keeps the answer. */
  store?: boolean | null;
  /** Set by `stream(request)`; `chat` refuses it. */
  stream?: boolean | null;
  /** `include_usage` adds a last chunk with the tokens. */
  stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null;
  /** From 0 to 2: how freely the model picks its words. */
  temperature?: number | null;
  /** Whether it may, must or must not call tools, or which. */
  tool_choice?: ToolChoice | null;
  /** What the model may call. */
  tools?: readonly Tool[] | null;
  /** How many of the most probable tokens to tell at each place. */
  top_logprobs?: number | null;
  /** Samples from the most probable tokens that add up to this. */
  top_p?: number | null;
  /** An id of the end user. */
  user?: string | null;
  /** How long the answer may be. */
  verbosity?: "low" | "medium" | "high" | null;
  /** Extension: fields for one provider alone, by provider id: `{ glm: { thinking: { type: "disabled" } } }`. */
  providerOptions?: { readonly [provider: string]: { readonly [field: string]: unknown } } | null;
}
