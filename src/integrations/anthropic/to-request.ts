import type { ChatRequest, ReasoningEffort, ResponseFormat, Tool, ToolChoice } from "../../chat/request.js";
import { type Block, fieldsOf } from "./blocks.js";
import { malformed, unsupported } from "./refuse.js";
import { toMessages } from "./to-messages.js";
import { marked } from "./to-parts.js";

type Fields = { readonly [field: string]: unknown };

/** Fields that change how a vendor works, but not what it may answer: without them the answer is as right. */
const HINTS: ReadonlySet<string> = new Set(["betas", "context_management", "diagnostics", "speed", "stream", "thread"]);

/** Fields that promise something which only their vendor can keep. */
const REFUSED: readonly string[] = ["container", "mcp_servers", "inference_geo", "user_profile_id", "workspace_id"];

/** A body of `POST /v1/messages` as a chat request. Fields that nobody knows go through. @throws SignalboxError */
export function toRequest(body: Fields): ChatRequest {
  for (const name of REFUSED) {
    const value = body[name];
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) {
      throw unsupported(name, "works at Anthropic alone; ask it directly, or leave the field out");
    }
  }
  const { system, messages, tools, tool_choice, thinking, output_config, stop_sequences, metadata, ...rest } = body;
  const { max_tokens, model, service_tier, cache_control, ...others } = rest;
  const request: ChatRequest & { [field: string]: unknown } = { messages: toMessages(system, messages) };
  for (const name of Object.keys(others)) if (!HINTS.has(name)) request[name] = others[name];
  if (typeof model === "string") request.model = model;
  if (max_tokens !== undefined) request.max_tokens = max_tokens as number;
  if (cache_control) markLast(request, cache_control);
  if (stop_sequences) request.stop = stop_sequences as string[];
  if (service_tier === "auto") request.service_tier = "auto";
  else if (service_tier === "standard_only") request.service_tier = "default";
  const { user_id: user } = fieldsOf(metadata);
  if (typeof user === "string") request.user = user;
  addTools(request, tools, tool_choice);
  const effort = effortOf(fieldsOf(thinking), fieldsOf(output_config).effort);
  if (effort !== undefined) request.reasoning_effort = effort;
  const format = formatOf(fieldsOf(output_config).format);
  if (format !== undefined) request.response_format = format;
  return request;
}

/** Automatic caching marks the last block; so do we. */
function markLast({ messages }: ChatRequest, cacheControl: unknown): void {
  const last = messages.at(-1);
  if (last === undefined || last.role === "function") return;
  if (typeof last.content === "string") last.content = [{ type: "text", text: last.content }];
  const part = last.content?.at(-1);
  if (part) marked(part, cacheControl);
}

function addTools(request: ChatRequest, tools: unknown, choice: unknown): void {
  if (tools === undefined || tools === null) return;
  if (!Array.isArray(tools)) throw malformed("tools", "must be an array of tools");
  if (tools.length === 0) return;
  request.tools = tools.map((tool: unknown, index) => toolOf(fieldsOf(tool), `tools[${index}]`));
  if (choice === undefined || choice === null) return;
  const { disable_parallel_tool_use: serial } = fieldsOf(choice);
  request.tool_choice = choiceOf(fieldsOf(choice));
  if (typeof serial === "boolean") request.parallel_tool_calls = !serial;
}

function toolOf(tool: Fields, path: string): Tool {
  const { type, name, description, input_schema, strict } = tool;
  // A tool of Anthropic's own goes through as it is: a wire that has no form for it refuses before it sends.
  if (type !== undefined && type !== null && type !== "custom") return tool as unknown as Tool;
  if (typeof name !== "string") throw malformed(`${path}.name`, "must be a string");
  const named: Extract<Tool, { type: "function" }>["function"] = { name };
  if (typeof description === "string") named.description = description;
  if (input_schema !== undefined) named.parameters = input_schema as { [key: string]: unknown };
  if (typeof strict === "boolean") named.strict = strict;
  return marked({ type: "function" as const, function: named }, tool.cache_control);
}

function choiceOf({ type, name }: Fields): ToolChoice {
  switch (type) {
    case "auto":
    case "none":
      return type;
    case "any":
      return "required";
    case "tool":
      return { type: "function", function: { name: String(name) } };
    default:
      throw malformed("tool_choice.type", "must be auto, any, tool or none");
  }
}

const EFFORTS: ReadonlySet<unknown> = new Set(["low", "medium", "high", "xhigh", "max"]);

/**
 * Thinking is a wish of the vocabulary, in five strengths. A budget is the strength whose own budget on our Anthropic
 * wire (`vendors/anthropic-compatible`) is the nearest from below.
 */
function effortOf({ type, budget_tokens: budget }: Fields, effort: unknown): ReasoningEffort | undefined {
  if (type === "disabled") return "none";
  if (EFFORTS.has(effort)) return effort as ReasoningEffort;
  if (type !== "enabled" || typeof budget !== "number") return undefined;
  if (budget < 2_048) return "minimal";
  if (budget < 8_192) return "low";
  if (budget < 16_384) return "medium";
  if (budget < 24_576) return "high";
  return budget < 32_768 ? "xhigh" : "max";
}

function formatOf(format: unknown): ResponseFormat | undefined {
  const { type, schema } = fieldsOf(format);
  if (type === undefined) return undefined;
  if (type !== "json_schema") throw unsupported("output_config.format.type", `${String(type)} is not known here`);
  return { type: "json_schema", json_schema: { name: "output", schema: schema as Block, strict: true } };
}
