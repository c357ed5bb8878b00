import type { AssistantMessage } from "../../chat/message.js";
import type { ChatReply, FinishReason } from "../../chat/reply.js";
import { answerItems, isRaw, type Raw } from "../../chat/responses/items.js";
import { type ResponsesUsage, toResponsesUsage } from "../../chat/responses/usage.js";
import type { Usage } from "../../chat/usage.js";
import type { ResponseNames } from "./response-names.js";
import { seal } from "./seal.js";

/** What a response says besides its output. */
export interface ResponseHead {
  readonly id: string;
  readonly createdAt: number;
  readonly model: string;
  readonly keeps: boolean;
}

/** How far a response is. */
export interface ResponseEnd {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  /** The items so far as JSON, separated by commas. */
  readonly output: string;
  readonly usage?: ResponsesUsage | undefined;
  readonly incomplete?: "max_output_tokens" | "content_filter" | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

/** Writes the response object as JSON, at any point of its answer. */
export type WriteResponse = (head: ResponseHead, end: ResponseEnd) => string;

/**
 * The response object as JSON: what was asked, as it was asked, around what came of it. Written by hand, because most
 * fields say that nothing was asked: a call spends less on the rest of this door than on `JSON.stringify` of thirty fields.
 */
export function createResponseJson(body: Raw): WriteResponse {
  const echo = Object.keys(body).some(isEchoed) ? echoOf(body) : NOTHING_ASKED;
  return ({ id, createdAt, model, keeps }, { status, output, usage, incomplete, error }) => {
    const reason = incomplete === undefined ? "null" : `{"reason":"${incomplete}"}`;
    return (
      `{"id":"${id}","object":"response","created_at":${createdAt},"status":"${status}","background":false,` +
      `"model":${JSON.stringify(model)},"error":${jsonOf(error, "null")},"incomplete_details":${reason},` +
      `"output":[${output}],"usage":${jsonOf(usage, "null")},"store":${keeps}${echo}`
    );
  };
}

/** What a response repeats of its request, and what it says if the request does not. */
const ECHOED: readonly (readonly [field: string, unasked: string])[] = [
  ["instructions", "null"],
  ["max_output_tokens", "null"],
  ["max_tool_calls", "null"],
  ["parallel_tool_calls", "true"],
  ["previous_response_id", "null"],
  ["prompt_cache_key", "null"],
  ["safety_identifier", "null"],
  ["service_tier", '"auto"'],
  ["temperature", "null"],
  ["tool_choice", '"auto"'],
  ["tools", "[]"],
  ["top_logprobs", "0"],
  ["top_p", "null"],
  ["user", "null"],
  ["metadata", "{}"],
];

function isEchoed(field: string): boolean {
  return field === "reasoning" || field === "text" || ECHOED.some(([name]) => name === field);
}

function echoOf(body: Raw): string {
  let echo = "";
  for (const [field, unasked] of ECHOED) echo += `,"${field}":${jsonOf(body[field], unasked)}`;
  return `${echo},"reasoning":${reasoningJson(body.reasoning)},"text":${textJson(body.text)},"truncation":"disabled"}`;
}

function jsonOf(value: unknown, absent: string): string {
  return value === undefined || value === null ? absent : JSON.stringify(value);
}

function reasoningJson(given: unknown): string {
  const { effort, summary } = isRaw(given) ? given : NONE;
  return `{"effort":${jsonOf(effort, "null")},"summary":${jsonOf(summary, "null")}}`;
}

function textJson(given: unknown): string {
  const { format, verbosity } = isRaw(given) ? given : NONE;
  const formatted = `{"format":${jsonOf(format, '{"type":"text"}')}`;
  return verbosity === undefined ? `${formatted}}` : `${formatted},"verbosity":${JSON.stringify(verbosity)}}`;
}

const NONE: Raw = {};

const NOTHING_ASKED = echoOf(NONE);

/** A whole reply as the end of its response. */
export function endOf(reply: ChatReply, names: ResponseNames): ResponseEnd {
  const { message, finish_reason: finish } = reply.choices[0];
  const incomplete = incompleteBy(finish);
  const output = outputJson(message, names, incomplete === undefined ? "completed" : "incomplete");
  return {
    status: incomplete === undefined ? "completed" : "incomplete",
    incomplete,
    output,
    usage: usageOf(reply.usage),
  };
}

/** The status that a finish reason stands for. */
export function statusOf(finish: FinishReason | null): Pick<ResponseEnd, "status" | "incomplete"> {
  const incomplete = incompleteBy(finish);
  return incomplete === undefined ? { status: "completed" } : { status: "incomplete", incomplete };
}

export function usageOf(usage: Usage | null | undefined): ResponsesUsage | undefined {
  return usage ? toResponsesUsage(usage) : undefined;
}

function incompleteBy(finish: FinishReason | null): ResponseEnd["incomplete"] {
  if (finish === "length") return "max_output_tokens";
  return finish === "content_filter" ? "content_filter" : undefined;
}

/** An answer as output items: thinking (with what its issuer needs back, sealed), hosted tools, text, calls. */
export function outputItems(message: AssistantMessage, names: Pick<ResponseNames, "item">): Raw[] {
  return JSON.parse(`[${outputJson(message, names, "completed")}]`);
}

function outputJson(message: AssistantMessage, names: Pick<ResponseNames, "item">, status: ItemStatus): string {
  const { reasoning_content: thought, provider_state: state } = message;
  const items: string[] = [];
  if (thought || state) {
    const summary = thought ? [{ type: "summary_text", text: thought }] : [];
    const item = { id: names.item("rs", 0), type: "reasoning", summary };
    items.push(JSON.stringify(state ? { ...item, encrypted_content: seal(state) } : item));
  }
  for (const item of hostedItems(state?.data)) items.push(JSON.stringify(item));
  const seen = { message: 0, function_call: 0, custom_tool_call: 0 };
  for (const item of answerItems(message)) items.push(itemJson(item, seen[item.type]++, names, status));
  return items.join();
}

type ItemStatus = "completed" | "incomplete";

/** An item of ours as output: with an id and a status. */
function itemJson(
  item: ReturnType<typeof answerItems>[number],
  nth: number,
  names: Pick<ResponseNames, "item">,
  status: ItemStatus,
): string {
  if (item.type === "function_call") {
    const { type, call_id, name } = item;
    return JSON.stringify({ id: names.item("fc", nth), type, call_id, name, arguments: item.arguments, status });
  }
  if (item.type === "custom_tool_call") {
    const { type, call_id, name, input } = item;
    return JSON.stringify({ id: names.item("ctc", nth), type, call_id, name, input });
  }
  const content = item.content.map((part) => {
    if (part.type === "refusal") return JSON.stringify(part);
    const { text, annotations } = part;
    return `{"type":"output_text","text":${JSON.stringify(text)},"annotations":${jsonOf(annotations, "[]")},"logprobs":[]}`;
  });
  const head = `"id":"${names.item("msg", nth)}","type":"message","role":"assistant","status":"${status}"`;
  return `{${head},"content":[${content.join()}]}`;
}

const SPOKEN = new Set<unknown>(["message", "reasoning", "function_call", "custom_tool_call"]);

/** What a vendor's own tools did, as the Responses wire kept it. */
export function hostedItems(data: unknown): readonly Raw[] {
  if (!isRaw(data) || data.wire !== "responses" || !Array.isArray(data.items)) return [];
  return data.items.filter((item: unknown): item is Raw => isRaw(item) && !SPOKEN.has(item.type));
}
