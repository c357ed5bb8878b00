import { createServer, type Server } from "node:http";

/** A vendor on loopback: answers what it is told, and remembers bodies and headers. */
export interface Vendor {
  readonly url: string;
  readonly bodies: { [field: string]: unknown }[];
  close(): Promise<void>;
}

/** @param answer the JSON body, or the events of a stream, for the nth request. */
export async function vendor(
  answer: (body: { [field: string]: unknown }, nth: number) => unknown,
  events: (answer: unknown) => string,
): Promise<Vendor> {
  const bodies: { [field: string]: unknown }[] = [];
  const server: Server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    const body = JSON.parse(text) as { [field: string]: unknown };
    bodies.push(body);
    const said = answer(body, bodies.length);
    const streamed = body.stream === true;
    response.setHeader("content-type", streamed ? "text/event-stream" : "application/json");
    response.end(streamed ? events(said) : JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface AnthropicAnswer {
  readonly content: readonly { readonly type: string; readonly [field: string]: unknown }[];
  readonly stop_reason: string;
}

/** A whole answer of the Anthropic wire. */
export function anthropicAnswer(content: AnthropicAnswer["content"], stop_reason = "end_turn") {
  const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 2, cache_creation_input_tokens: 1 };
  return { id: "msg_up", type: "message", role: "assistant", model: "claude", content, stop_reason, usage };
}

/** The same answer as that wire streams it. */
export function anthropicEvents(answer: unknown): string {
  const { content, stop_reason, usage, ...head } = answer as AnthropicAnswer & { usage: unknown };
  const lines = [event("message_start", { message: { ...head, content: [], stop_reason: null, usage } })];
  content.forEach((block, index) => {
    const deltas: object[] = [];
    let start: object = block;
    if (block.type === "text") {
      start = { type: "text", text: "" };
      deltas.push({ type: "text_delta", text: block.text });
    } else if (block.type === "thinking") {
      start = { type: "thinking", thinking: "", signature: "" };
      deltas.push({ type: "thinking_delta", thinking: block.thinking });
      deltas.push({ type: "signature_delta", signature: block.signature });
    } else if (block.type === "tool_use") {
      start = { ...block, input: {} };
      deltas.push({ type: "input_json_delta", partial_json: JSON.stringify(block.input) });
    }
    lines.push(event("content_block_start", { index, content_block: start }));
    for (const delta of deltas) lines.push(event("content_block_delta", { index, delta }));
    lines.push(event("content_block_stop", { index }));
  });
  lines.push(
    event("message_delta", { delta: { stop_reason }, usage: { output_tokens: 5 } }),
    event("message_stop", {}),
  );
  return lines.join("");
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

interface OpenaiMessage {
  readonly tool_calls?: readonly object[];
  readonly [field: string]: unknown;
}

/** A whole answer of the OpenAI wire. */
export function openaiAnswer(message: OpenaiMessage) {
  const finish_reason = message.tool_calls ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const choices = [{ index: 0, message: { role: "assistant", content: null, ...message }, finish_reason }];
  return { id: "chatcmpl-up", object: "chat.completion", created: 1, model: "gpt", choices, usage };
}

/** The same answer as that wire streams it. */
export function openaiEvents(answer: unknown): string {
  const { choices, usage, ...head } = answer as ReturnType<typeof openaiAnswer>;
  const { message, finish_reason } = choices[0] as (typeof choices)[0];
  const { tool_calls, ...said } = message as OpenaiMessage;
  const calls = tool_calls?.map((call, index) => ({ index, ...call }));
  const chunk = (delta: object, finish: string | null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const chunks = [
    chunk(said, null),
    ...(calls ? [chunk({ tool_calls: calls }, null)] : []),
    chunk({}, finish_reason),
    { ...head, object: "chat.completion.chunk", choices: [], usage },
  ];
  return `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("")}data: [DONE]\n\n`;
}
