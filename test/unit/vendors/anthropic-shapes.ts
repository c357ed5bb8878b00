/** A block of an Anthropic stream: its kind, its pieces, and a signature where it has one. */
export interface StreamedBlock {
  readonly type: "text" | "thinking" | "tool_use";
  readonly pieces: readonly string[];
  readonly signature?: string | undefined;
}

export function block(type: StreamedBlock["type"], pieces: readonly string[], signature?: string): StreamedBlock {
  return { type, pieces, signature };
}

/** The events of an Anthropic stream, as its servers write them. */
export function messageEvents(
  blocks: readonly StreamedBlock[],
  more: { stop_reason?: string; usage?: unknown; outputUsage?: unknown } = {},
): unknown[] {
  const isTool = blocks.some(({ type }) => type === "tool_use");
  const { stop_reason = isTool ? "tool_use" : "end_turn" } = more;
  const usage = more.usage ?? {
    input_tokens: 100,
    cache_read_input_tokens: 50,
    cache_creation_input_tokens: 10,
    output_tokens: 1,
  };
  const events: unknown[] = [
    {
      type: "message_start",
      message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage },
    },
    { type: "ping" },
  ];
  blocks.forEach(({ type, pieces, signature }, index) => {
    const start =
      type === "text"
        ? { type, text: "" }
        : type === "thinking"
          ? { type, thinking: "", signature: "" }
          : { type, id: `toolu_${index}`, name: "f", input: {} };
    events.push({ type: "content_block_start", index, content_block: start });
    for (const piece of pieces) {
      const delta =
        type === "text"
          ? { type: "text_delta", text: piece }
          : type === "thinking"
            ? { type: "thinking_delta", thinking: piece }
            : { type: "input_json_delta", partial_json: piece };
      events.push({ type: "content_block_delta", index, delta });
    }
    if (signature) events.push({ type: "content_block_delta", index, delta: { type: "signature_delta", signature } });
    events.push({ type: "content_block_stop", index });
  });
  events.push(
    { type: "message_delta", delta: { stop_reason }, usage: more.outputUsage ?? { output_tokens: 20 } },
    { type: "message_stop" },
  );
  return events;
}

/** The same as bytes on the wire. */
export function messageStream(
  blocks: readonly StreamedBlock[],
  more: Parameters<typeof messageEvents>[1] = {},
): string {
  return messageEvents(blocks, more)
    .map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}
