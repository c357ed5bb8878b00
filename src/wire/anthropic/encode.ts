import type { TextPart } from "../../chat/message.js";
import { textOf } from "../../chat/message-text.js";
import type { Tool, ToolChoice } from "../../chat/request.js";
import type { WireCall } from "../codec.js";
import type { Fields } from "../dialect.js";
import {
  addProviderOptions,
  copyFields,
  effortFields,
  fitOutput,
  outputLimitOf,
  refuseHostedTools,
  refuseMedia,
  toolChoiceOf,
} from "../fields.js";
import { arrangeMessages, hasCacheMark } from "../history.js";
import { jsonModeInstruction } from "../json-prompt.js";
import { toMoonshotSchema } from "../moonshot-schema.js";
import { OPENAI_ONLY } from "../openai-only.js";
import { stopsOf } from "../stop-cutter.js";
import { encodeMessages, noCustomTools, textBlocks } from "./messages.js";

type Body = { [field: string]: unknown };

/** Fields of the vocabulary that this wire has no word for. */
const UNSPOKEN: ReadonlySet<string> = new Set([...OPENAI_ONLY, "user_id"]);
/** Those that it says in its own form, below. */
const SAID: ReadonlySet<string> = new Set(["user", "parallel_tool_calls"]);

/** This wire needs an output limit. Enough for a model that thinks, little enough for a rate limit that counts it. */
const DEFAULT_OUTPUT_TOKENS = 32_768;
/** The least thinking that can be bought, and what is left for the answer. */
const MIN_BUDGET = 1_024;

/** A request as an Anthropic-compatible endpoint of this dialect takes it. Equal requests give equal bytes. */
export function encodeRequest(call: WireCall): Fields {
  const { request, dialect, model } = call;
  const format = request.response_format ?? undefined;
  const instruction = format && jsonModeInstruction(format, "none");
  const arranged = arrangeMessages(request.messages, { ...dialect, systems: "merged" }, instruction);
  const isSystem = arranged[0]?.role === "system";
  const wish = Math.min(model.maxOutput ?? DEFAULT_OUTPUT_TOKENS, DEFAULT_OUTPUT_TOKENS);
  const limit = outputLimitOf(call) ?? fitOutput(request, model, wish);
  refuseMedia(call);
  const body: Body = { model: model.id, max_tokens: limit };
  if (isSystem) body.system = systemOf(arranged[0]?.content);
  body.messages = encodeMessages(isSystem ? arranged.slice(1) : arranged, call);
  copyFields(call, body, UNSPOKEN, SAID);
  if (request.user) body.metadata = { user_id: request.user };
  addTools(call, body);
  const stops = stopsOf(request.stop).filter((stop) => stop !== "");
  if (dialect.stop.send && stops.length > 0) body.stop_sequences = stops;
  Object.assign(body, effortFields(call), dialect.fixed);
  fitThinking(body, limit);
  if (call.streamed) body.stream = true;
  addProviderOptions(call, body);
  return body;
}

/** One text, or blocks where a part says what is to be cached. */
function systemOf(content: unknown): unknown {
  if (!hasCacheMark(content)) return textOf(content);
  return (content as readonly TextPart[]).flatMap((part) => textBlocks(part.text, part));
}

function addTools(call: WireCall, body: Body): void {
  const { request, dialect } = call;
  if (!request.tools || request.tools.length === 0) return;
  const choice = toolChoiceOf(call);
  if (choice === "drop_tools") return;
  refuseHostedTools(call, /^provider/);
  body.tools = request.tools.map((tool) => encodeTool(tool, call, dialect.toolSchema === "moonshot"));
  const chosen = encodeChoice(choice, call);
  const serial = request.parallel_tool_calls === false;
  if (chosen !== undefined || serial) {
    body.tool_choice = serial ? { ...(chosen ?? { type: "auto" }), disable_parallel_tool_use: true } : chosen;
  }
}

function encodeTool(tool: Tool, call: WireCall, moonshot: boolean): unknown {
  if (tool.type === "custom") throw noCustomTools(call, "tools");
  // Something the vendor alone knows (a built-in) goes through as it is.
  if (tool.type !== "function") return tool;
  const { name, description, parameters, strict } = tool.function;
  const marks = { ...tool, ...tool.function } as { readonly cache_control?: unknown };
  const schema = moonshot ? toMoonshotSchema(parameters) : (parameters ?? { type: "object", properties: {} });
  const sent: Body = { name };
  if (description !== undefined) sent.description = description;
  sent.input_schema = schema;
  if (typeof strict === "boolean" && call.dialect.strictTools === true) sent.strict = strict;
  if (marks.cache_control !== undefined) sent.cache_control = marks.cache_control;
  return sent;
}

function encodeChoice(choice: ToolChoice | undefined, call: WireCall): Body | undefined {
  if (choice === undefined) return undefined;
  if (choice === "auto" || choice === "none") return { type: choice };
  if (choice === "required") return { type: "any" };
  if (choice.type === "function") return { type: "tool", name: choice.function.name };
  if (choice.type === "allowed_tools") return { type: choice.allowed_tools.mode === "required" ? "any" : "auto" };
  throw noCustomTools(call, "tool_choice");
}

/**
 * A thinking budget has to be below the output limit, and no tool may be forced. In an open tool loop the last answer
 * must begin with its thinking: one that has none (someone else's) goes on without.
 */
function fitThinking(body: Body, limit: number): void {
  const thinking = body.thinking as { type?: unknown; budget_tokens?: unknown } | undefined;
  if (thinking?.type === "adaptive" && loopLacksThinking(body.messages)) delete body.thinking;
  if (typeof thinking?.budget_tokens !== "number") return;
  const budget = Math.min(thinking.budget_tokens, Math.floor(limit / 2));
  if (budget < MIN_BUDGET || forcesTool(body.tool_choice) || loopLacksThinking(body.messages)) delete body.thinking;
  else {
    body.thinking = { ...thinking, budget_tokens: budget };
    // Sampling is fixed while thinking is on.
    delete body.temperature;
    delete body.top_p;
  }
}

function forcesTool(choice: unknown): boolean {
  const type = (choice as { type?: unknown } | undefined)?.type;
  return type === "any" || type === "tool";
}

function loopLacksThinking(messages: unknown): boolean {
  const [answer, results] = (messages as ReturnType<typeof encodeMessages>).slice(-2);
  if (answer?.role !== "assistant" || results?.content[0]?.type !== "tool_result") return false;
  const first = answer.content[0]?.type;
  return first !== "thinking" && first !== "redacted_thinking";
}
