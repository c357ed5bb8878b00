/** A whole response with these output items. */
export function response(output: readonly unknown[], more: { [field: string]: unknown } = {}): unknown {
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_790_000_000,
    model: "m",
    status: "completed",
    error: null,
    incomplete_details: null,
    output,
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 15,
    },
    ...more,
  };
}

export const thinking = (text: string, encrypted = "c2VhbGVk", id = "rs_1") => ({
  type: "reasoning",
  id,
  summary: text === "" ? [] : [{ type: "summary_text", text }],
  encrypted_content: encrypted,
});

export const saying = (text: string, more: { [field: string]: unknown } = {}) => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
  ...more,
});

export const calling = (call_id: string, name: string, args: string) => ({
  type: "function_call",
  id: `fc_${call_id}`,
  call_id,
  name,
  arguments: args,
  status: "completed",
});

type Event = { readonly type: string; readonly [field: string]: unknown };

/** Events as a server sends them, numbered, without `[DONE]`. */
export function responseStream(events: readonly Event[]): string {
  return events
    .map((event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ sequence_number: at, ...event })}\n\n`)
    .join("");
}

/** The events of whole items: each is added, spoken in pieces and done; then the end. */
export function eventsOf(output: readonly { [field: string]: unknown }[], more: { [field: string]: unknown } = {}) {
  const events: Event[] = [{ type: "response.created", response: response([], { status: "in_progress" }) }];
  output.forEach((item, output_index) => {
    const at = { item_id: item.id, output_index };
    const begun = { ...item, content: [], summary: [], arguments: "", encrypted_content: undefined };
    events.push({ type: "response.output_item.added", output_index, item: begun });
    if (item.type === "message") {
      for (const part of item.content as { text: string }[]) {
        for (const delta of pieces(part.text)) {
          events.push({ type: "response.output_text.delta", ...at, content_index: 0, delta });
        }
      }
    } else if (item.type === "reasoning") {
      (item.summary as { text: string }[]).forEach(({ text }, summary_index) => {
        for (const delta of pieces(text)) {
          events.push({ type: "response.reasoning_summary_text.delta", ...at, summary_index, delta });
        }
      });
    } else if (item.type === "function_call") {
      for (const delta of pieces(item.arguments as string)) {
        events.push({ type: "response.function_call_arguments.delta", ...at, delta });
      }
    }
    events.push({ type: "response.output_item.done", output_index, item });
  });
  events.push({ type: "response.completed", response: response(output, more) });
  return events;
}

const pieces = (text: string): string[] => text.match(/[\s\S]{1,4}/gu) ?? [];
