import type { ProviderScenario } from "./provider-scenarios.js";
import { halves } from "./provider-wire-openai.js";

const HEAD = { id: "resp_conformance", object: "response", created_at: 1_790_000_000, model: "conformance-1" };

type Item = { readonly type: string; readonly [field: string]: unknown };

/** The scenario's answer as one response. */
export function responsesResponse(scenario: ProviderScenario): unknown {
  const { usage } = scenario;
  const counts = usage && {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.total_tokens,
  };
  return { ...HEAD, status: "completed", error: null, output: itemsOf(scenario), usage: counts };
}

/** The same as events; the last three are the end of the last item's content, the end of that item, and the end. */
export function responsesEvents(scenario: ProviderScenario): string[] {
  const started = { ...HEAD, status: "in_progress", output: [] };
  const events: Item[] = [
    { type: "response.created", response: started },
    { type: "response.in_progress", response: started },
  ];
  itemsOf(scenario).forEach((item, output_index) => {
    events.push({ type: "response.output_item.added", output_index, item: emptied(item) });
    events.push(...contentEvents(item, output_index));
    events.push({ type: "response.output_item.done", output_index, item });
  });
  events.push({ type: "response.completed", response: responsesResponse(scenario) });
  return events.map((event, sequence_number) => {
    return `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`;
  });
}

function itemsOf({ text, reasoning, toolCall }: ProviderScenario): Item[] {
  const items: Item[] = [];
  if (reasoning !== undefined) {
    const summary = [{ type: "summary_text", text: reasoning }];
    items.push({ type: "reasoning", id: "rs_1", summary, encrypted_content: "c2VhbGVk" });
  }
  if (text !== undefined) {
    const content = [{ type: "output_text", text, annotations: [] }];
    items.push({ type: "message", id: "msg_1", role: "assistant", status: "completed", content });
  }
  if (toolCall !== undefined) {
    const { id, name, arguments: args } = toolCall;
    items.push({ type: "function_call", id: "fc_1", call_id: id, name, arguments: args, status: "completed" });
  }
  return items;
}

function emptied({ encrypted_content: _, ...item }: Item): Item {
  if (item.type === "reasoning") return { ...item, type: item.type, summary: [] };
  if (item.type === "message") return { ...item, type: item.type, content: [], status: "in_progress" };
  return { ...item, type: item.type, arguments: "", status: "in_progress" };
}

function contentEvents(item: Item, output_index: number): Item[] {
  const at = { item_id: item.id, output_index };
  if (item.type === "function_call") {
    const deltas = halves(item.arguments as string).map((delta) => {
      return { type: "response.function_call_arguments.delta", ...at, delta };
    });
    return [...deltas, { type: "response.function_call_arguments.done", ...at, arguments: item.arguments }];
  }
  const [{ text }] = (item.type === "reasoning" ? item.summary : item.content) as [{ text: string }];
  const [name, where] =
    item.type === "reasoning"
      ? (["response.reasoning_summary_text", { ...at, summary_index: 0 }] as const)
      : (["response.output_text", { ...at, content_index: 0 }] as const);
  const deltas = halves(text).map((delta) => ({ type: `${name}.delta`, ...where, delta }));
  return [...deltas, { type: `${name}.done`, ...where, text }];
}
