import type { FunctionTool, ResponseFormat, Tool } from "../../chat/request.js";
import { utf8Length } from "../../core/bytes.js";
import type { WireCall } from "../codec.js";
import type { Fields } from "../dialect.js";
import {
  addProviderOptions,
  copyFields,
  effortFields,
  outputLimitOf,
  refuseHostedTools,
  refuseMedia,
  toolChoiceOf,
  unsupported,
} from "../fields.js";
import { arrangeMessages } from "../history.js";
import { jsonModeInstruction } from "../json-prompt.js";
import { toMoonshotSchema } from "../moonshot-schema.js";
import { stopsOf } from "../stop-cutter.js";
import { encodeMessages } from "./messages.js";

type Body = { [field: string]: unknown };

/** A request as an OpenAI-compatible endpoint of this dialect takes it. Equal requests give equal bytes. */
export function encodeRequest(call: WireCall): Fields {
  const { request, dialect, model } = call;
  const format = request.response_format ?? undefined;
  const instruction = format && jsonModeInstruction(format, dialect.json);
  const messages = arrangeMessages(request.messages, dialect, instruction);
  refuseMedia(call);
  const body: Body = { model: model.id, messages: encodeMessages(messages, call) };
  copyFields(call, body);
  addTools(call, body);
  addFormat(call, format, body);
  addLimits(call, body);
  Object.assign(body, effortFields(call), dialect.fixed);
  if (call.streamed) {
    body.stream = true;
    if (dialect.streamUsage) body.stream_options = { include_usage: true };
    if (body.tools !== undefined) Object.assign(body, dialect.fixedForStreamedTools);
  }
  addProviderOptions(call, body);
  return body;
}

function addTools(call: WireCall, body: Body): void {
  const { request, dialect } = call;
  const { tools } = request;
  if (!tools || tools.length === 0) return;
  if (dialect.customTools !== true && tools.some(({ type }) => type === "custom")) {
    throw unsupported(call, "tools", "free-form tools are not taken here");
  }
  const choice = toolChoiceOf(call);
  if (choice === "drop_tools") return;
  if (choice !== undefined) body.tool_choice = choice;
  refuseHostedTools(call, /^provider|_20\d{6}$/);
  const isPlain = dialect.toolSchema === undefined && !tools.some((tool) => hasNulls(tool) || isMarked(tool));
  body.tools = isPlain ? tools : tools.map((tool) => encodeTool(tool, dialect.toolSchema === "moonshot"));
}

function hasNulls(tool: Tool): boolean {
  return tool.type === "function" && tool.function.strict === null;
}

/** A mark for a prompt cache, which tools of this wire have no place for. */
function isMarked(tool: Tool): boolean {
  return "cache_control" in tool;
}

function encodeTool(given: Tool, moonshot: boolean): unknown {
  const { cache_control: _mark, ...tool } = given as Tool & { cache_control?: unknown };
  if (tool.type !== "function") return tool;
  const { strict, ...rest } = tool.function;
  const named: FunctionTool["function"] = strict === null || strict === undefined ? rest : { ...rest, strict };
  if (moonshot) named.parameters = toMoonshotSchema(named.parameters);
  return { ...tool, function: named };
}

function addFormat(call: WireCall, format: ResponseFormat | undefined, body: Body): void {
  const { dialect, model } = call;
  if (format === undefined || format.type === "text") return;
  if (dialect.json === "none") {
    call.warn("response_format", `${model.id} has no JSON mode: the prompt asks for JSON instead`);
  } else if (dialect.json === "object") body.response_format = { type: "json_object" };
  else body.response_format = dialect.toolSchema === "moonshot" ? withoutDialectMark(format) : format;
}

/** Kimi talks nonsense where the schema names its JSON Schema version. */
function withoutDialectMark(format: ResponseFormat): ResponseFormat {
  if (format.type !== "json_schema" || format.json_schema.schema?.$schema === undefined) return format;
  const { $schema: _, ...schema } = format.json_schema.schema;
  return { ...format, json_schema: { ...format.json_schema, schema } };
}

function addLimits(call: WireCall, body: Body): void {
  const { request, dialect } = call;
  const limit = outputLimitOf(call);
  if (limit !== undefined) {
    const asGiven = typeof request.max_completion_tokens === "number" ? "max_completion_tokens" : "max_tokens";
    body[dialect.outputLimit ?? asGiven] = limit;
  }
  if (!dialect.stop.send || !request.stop) return;
  const { maxCount, maxBytes } = dialect.stop;
  if (maxCount === undefined && maxBytes === undefined) {
    body.stop = request.stop;
    return;
  }
  const most = maxBytes ?? Number.POSITIVE_INFINITY;
  const sent = stopsOf(request.stop).filter((stop) => stop !== "" && utf8Length(stop) <= most);
  if (sent.length > 0) body.stop = sent.slice(0, maxCount);
}
