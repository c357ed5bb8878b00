import type { Message } from "../../chat/message.js";
import type { ChatRequest } from "../../chat/request.js";
import { isRaw, type Raw } from "../../chat/responses/items.js";
import { fromResponsesChoice, fromResponsesTool, fromTextFormat, isHosted } from "../../chat/responses/tools.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type FindItem, readInput, wrong } from "./read-items.js";

/** A Responses request in the vocabulary. */
export interface ResponseRequest {
  readonly request: ChatRequest;
  /** The path of what only a vendor with hosted tools can serve; `undefined` if there is nothing. */
  readonly hosted: string | undefined;
}

/** Fields that have no place in a chat request: they are read here, or are this door's own business. */
const OWN = new Set([
  "background",
  "conversation",
  "include",
  "input",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  // Kept with the response for the caller; vendors refuse it for answers that they do not store.
  "metadata",
  "previous_response_id",
  "prompt",
  "reasoning",
  "store",
  "stream_options",
  "text",
  "tool_choice",
  "tools",
  "truncation",
]);

/**
 * Reads the body of `POST /responses`. Fields that the vocabulary does not know pass through.
 *
 * @param earlier the messages that `previous_response_id` stands for.
 * @throws SignalboxError `invalid_request` or `unsupported` naming the field in this API's words.
 */
export function readResponseRequest(body: Raw, earlier: readonly Message[], find: FindItem): ResponseRequest {
  refuseServerState(body);
  const { instructions, text, reasoning, include, tool_choice: choice, max_output_tokens: limit } = body;
  const input = readInput(body.input ?? (earlier.length > 0 ? [] : undefined), find);
  const messages: Message[] = [...earlier, ...input.messages];
  if (typeof instructions === "string" && instructions !== "") {
    messages.unshift({ role: "system", content: instructions });
  } else if (Array.isArray(instructions)) messages.unshift(...readInput(instructions, find).messages);
  const request: { [field: string]: unknown } = { messages };
  for (const field of Object.keys(body)) if (!OWN.has(field) && field !== "__proto__") request[field] = body[field];
  const tools = toolsOf(body.tools);
  if (tools.length > 0) request.tools = tools.map(fromResponsesTool);
  if (choice !== undefined && choice !== null) request.tool_choice = fromResponsesChoice(choiceOf(choice));
  if (isRaw(text)) addText(text, request);
  if (isRaw(reasoning)) addReasoning(reasoning, request);
  if (limit !== undefined && limit !== null) request.max_completion_tokens = outputLimit(limit);
  const wanted: readonly unknown[] = Array.isArray(include) ? include : [];
  if (body.top_logprobs || wanted.includes("message.output_text.logprobs")) request.logprobs = true;
  const hostedTool = tools.findIndex(isHosted);
  const hosted = hostedTool < 0 ? input.hosted : `tools[${hostedTool}]`;
  if (hosted !== undefined) {
    // These say what hosted tools may do and show; nobody else would know them.
    if (wanted.length > 0) request.include = wanted;
    if (body.max_tool_calls !== undefined) request.max_tool_calls = body.max_tool_calls;
  }
  return { request: request as unknown as ChatRequest, hosted };
}

function toolsOf(tools: unknown): readonly Raw[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw wrong("tools", "must be a list of tools");
  return tools.map((tool: unknown, index) => {
    if (!isRaw(tool) || typeof tool.type !== "string") throw wrong(`tools[${index}]`, "must be an object with a type");
    if (!isHosted(tool) && typeof tool.name !== "string") throw wrong(`tools[${index}].name`, "must be a text");
    return tool;
  });
}

function choiceOf(choice: unknown): Raw | string {
  if (typeof choice === "string") return choice;
  if (!isRaw(choice) || typeof choice.type !== "string") throw wrong("tool_choice", "must be a text or name a type");
  const { type, name, tools } = choice;
  if ((type === "function" || type === "custom") && typeof name !== "string")
    throw wrong("tool_choice.name", "must be a text");
  const areTools = Array.isArray(tools) && tools.every(isRaw);
  if (type === "allowed_tools" && !areTools) throw wrong("tool_choice.tools", "must be a list of tools");
  return choice;
}

function addText({ format, verbosity }: Raw, request: { [field: string]: unknown }): void {
  if (verbosity) request.verbosity = verbosity;
  if (!isRaw(format) || format.type === "text") return;
  if (format.type === "json_schema" && typeof format.name !== "string")
    throw wrong("text.format.name", "must be a text");
  request.response_format = fromTextFormat(format);
}

function addReasoning(reasoning: Raw, request: { [field: string]: unknown }): void {
  const summary = reasoning.summary ?? reasoning.generate_summary;
  if (typeof reasoning.effort === "string") request.reasoning_effort = reasoning.effort;
  if (typeof summary === "string") request.reasoning_summary = summary;
}

function outputLimit(limit: unknown): number {
  if (Number.isInteger(limit) && (limit as number) > 0) return limit as number;
  throw wrong("max_output_tokens", "must be a whole number above 0");
}

/** What needs a server that stores and works on its own. */
function refuseServerState({ background, conversation, prompt }: Raw): void {
  if (background === true) throw unserved("background", "answers are not worked on in the background; use stream");
  if (conversation) throw unserved("conversation", "conversations are not stored here; use previous_response_id");
  if (prompt) throw unserved("prompt", "stored prompts are not known here; send instructions and input");
}

function unserved(path: string, why: string): SignalboxError {
  return new SignalboxError("unsupported", `${path}: ${why}`, { path });
}
