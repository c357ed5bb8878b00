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
  readonly output: readonly unknown[];
  readonly usage?: ResponsesUsage | undefined;
  readonly incomplete?: "max_output_tokens" | "content_filter" | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

/** The response object: what was asked, as it was asked, around what came of it. */
export function responseObject(body: Raw, head: ResponseHead, end: ResponseEnd): Raw {
  const reasoning = isRaw(body.reasoning) ? body.reasoning : {};
  const text = isRaw(body.text) ? body.text : {};
  return {
    id: head.id,
    object: "response",
    created_at: head.createdAt,
    status: end.status,
    background: false,
    error: end.error ?? null,
    incomplete_details: end.incomplete === undefined ? null : { reason: end.incomplete },
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model: head.model,
    output: end.output,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: body.service_tier ?? "auto",
    store: head.keeps,
    temperature: body.temperature ?? null,
    text: textOf(text),
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? null,
    truncation: "disabled",
    usage: end.usage ?? null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

function textOf({ format, verbosity }: Raw): Raw {
  const given = format ?? { type: "text" };
  return verbosity === undefined ? { format: given } : { format: given, verbosity };
}

/** A whole reply as the end of its response. */
export function endOf(reply: ChatReply, names: ResponseNames): ResponseEnd {
  const { message, finish_reason: finish } = reply.choices[0];
  const incomplete = incompleteBy(finish);
  const output = outputItems(message, names, incomplete === undefined ? "completed" : "incomplete");
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
export function outputItems(
  message: AssistantMessage,
  names: Pick<ResponseNames, "item">,
  status: "completed" | "incomplete",
): Raw[] {
  const { reasoning_content: thought, provider_state: state } = message;
  const items: Raw[] = [];
  if (thought || state) {
    const summary = thought ? [{ type: "summary_text", text: thought }] : [];
    const item = { id: names.item("rs", 0), type: "reasoning", summary };
    items.push(state ? { ...item, encrypted_content: seal(state) } : item);
  }
  items.push(...hostedItems(state?.data));
  const seen = { message: 0, function_call: 0, custom_tool_call: 0 };
  for (const item of answerItems(message)) items.push(outputItem(item, seen[item.type]++, names, status));
  return items;
}

/** An item of ours as output: with an id and a status. Written out, because spread literals cost a hidden class each. */
function outputItem(
  item: ReturnType<typeof answerItems>[number],
  nth: number,
  names: Pick<ResponseNames, "item">,
  status: "completed" | "incomplete",
): Raw {
  if (item.type === "function_call") {
    const { type, call_id, name } = item;
    return { id: names.item("fc", nth), type, call_id, name, arguments: item.arguments, status };
  }
  if (item.type === "custom_tool_call") {
    const { type, call_id, name, input } = item;
    return { id: names.item("ctc", nth), type, call_id, name, input };
  }
  const content = item.content.map((part) => {
    if (part.type === "refusal") return part;
    return { type: part.type, text: part.text, annotations: part.annotations ?? [], logprobs: [] };
  });
  return { id: names.item("msg", nth), type: item.type, role: item.role, status, content };
}

const SPOKEN = new Set<unknown>(["message", "reasoning", "function_call", "custom_tool_call"]);

/** What a vendor's own tools did, as the Responses wire kept it. */
export function hostedItems(data: unknown): readonly Raw[] {
  if (!isRaw(data) || data.wire !== "responses" || !Array.isArray(data.items)) return [];
  return data.items.filter((item: unknown): item is Raw => isRaw(item) && !SPOKEN.has(item.type));
}
