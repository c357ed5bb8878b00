import type { ProviderScenario } from "./provider-scenarios.js";
import { halves } from "./provider-wire-openai.js";

const HEAD = { id: "msg_conformance", type: "message", role: "assistant", model: "conformance-1" };

type Block = { readonly type: string; readonly [field: string]: unknown };

/** The scenario's answer as one message. */
export function anthropicMessage(scenario: ProviderScenario): unknown {
  return { ...HEAD, content: blocksOf(scenario), stop_reason: stopOf(scenario), usage: usageOf(scenario) };
}

/** The same as events; the last three are the end of the last block, the stop reason and the end. */
export function anthropicEvents(scenario: ProviderScenario): string[] {
  const events: Block[] = [
    { type: "message_start", message: { ...HEAD, content: [], usage: { ...usageOf(scenario), output_tokens: 1 } } },
  ];
  blocksOf(scenario).forEach((block, index) => {
    events.push({ type: "content_block_start", index, content_block: emptied(block) });
    for (const delta of deltasOf(block)) events.push({ type: "content_block_delta", index, delta });
    events.push({ type: "content_block_stop", index });
  });
  events.push({
    type: "message_delta",
    delta: { stop_reason: stopOf(scenario) },
    usage: { output_tokens: usageOf(scenario).output_tokens },
  });
  events.push({ type: "message_stop" });
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function blocksOf({ text, reasoning, toolCall }: ProviderScenario): Block[] {
  const blocks: Block[] = [];
  if (reasoning !== undefined) blocks.push({ type: "thinking", thinking: reasoning, signature: "c2lnbmVk" });
  if (text !== undefined) blocks.push({ type: "text", text });
  if (toolCall !== undefined) {
    blocks.push({ type: "tool_use", id: toolCall.id, name: toolCall.name, input: JSON.parse(toolCall.arguments) });
  }
  return blocks;
}

function emptied(block: Block): Block {
  if (block.type === "text") return { type: "text", text: "" };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { ...block, input: {} };
}

function deltasOf(block: Block): Block[] {
  if (block.type === "text") return halves(block.text as string).map((text) => ({ type: "text_delta", text }));
  if (block.type === "thinking") {
    const pieces = halves(block.thinking as string).map((thinking) => ({ type: "thinking_delta", thinking }));
    return [...pieces, { type: "signature_delta", signature: block.signature }];
  }
  return halves(JSON.stringify(block.input)).map((partial_json) => ({ type: "input_json_delta", partial_json }));
}

function stopOf({ toolCall }: ProviderScenario): string {
  return toolCall === undefined ? "end_turn" : "tool_use";
}

function usageOf({ usage }: ProviderScenario): { input_tokens: number; output_tokens: number } {
  return { input_tokens: usage?.prompt_tokens ?? 0, output_tokens: usage?.completion_tokens ?? 0 };
}
