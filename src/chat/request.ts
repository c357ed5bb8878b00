import type { Message } from "./message.js";

/** A function the model may call; `parameters` is JSON Schema. */
export interface FunctionTool {
  type: "function";
  function: { name: string; description?: string; parameters?: { [key: string]: unknown }; strict?: boolean | null };
}

/** A free-form tool. */
export interface CustomTool {
  type: "custom";
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
      type: "json_schema";
      json_schema: {
        name: string;
        description?: string;
        schema?: { [key: string]: unknown };
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
  audio?: unknown;
  frequency_penalty?: number | null;
  function_call?: unknown;
  functions?: unknown;
  logit_bias?: { [key: string]: number } | null;
  logprobs?: boolean | null;
  max_completion_tokens?: number | null;
  max_tokens?: number | null;
  metadata?: { [key: string]: string } | null;
  modalities?: ("text" | "audio" | "image")[] | null;
  /** Only 1 is served. */
  n?: number | null;
  parallel_tool_calls?: boolean | null;
  prediction?: unknown;
  presence_penalty?: number | null;
  prompt_cache_key?: string | null;
  reasoning_effort?: ReasoningEffort | null;
  /** Extension: the summary of its thinking that an OpenAI model gives; other vendors tell their thinking unasked. */
  reasoning_summary?: "auto" | "concise" | "detailed" | null;
  response_format?: ResponseFormat | null;
  safety_identifier?: string | null;
  seed?: number | null;
  service_tier?: "auto" | "default" | "flex" | "scale" | "priority" | null;
  stop?: string | readonly string[] | null;
  store?: boolean | null;
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null;
  temperature?: number | null;
  tool_choice?: ToolChoice | null;
  tools?: readonly Tool[] | null;
  top_logprobs?: number | null;
  top_p?: number | null;
  user?: string | null;
  verbosity?: "low" | "medium" | "high" | null;
  /** Extension: fields for one provider alone, by provider id: `{ glm: { thinking: { type: "disabled" } } }`. */
  providerOptions?: { readonly [provider: string]: { readonly [field: string]: unknown } } | null;
}
