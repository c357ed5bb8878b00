import type { ProviderScenario } from "./provider-scenarios.js";

const HEAD = { id: "chatcmpl-conformance", created: 1_790_000_000, model: "conformance-1" };

/** The scenario's answer as one chat completion. */
export function openaiCompletion(scenario: ProviderScenario): unknown {
  const { text, reasoning, toolCall, usage } = scenario;
  const message: { [field: string]: unknown } = { role: "assistant", content: text ?? null };
  if (reasoning !== undefined) message.reasoning_content = reasoning;
  if (toolCall !== undefined) message.tool_calls = [callOf(toolCall, toolCall.arguments)];
  const finish_reason = toolCall === undefined ? "stop" : "tool_calls";
  return { ...HEAD, object: "chat.completion", choices: [{ index: 0, message, finish_reason }], usage };
}

/** The same as events; the last three are the finish reason, the usage and the end. */
export function openaiEvents(scenario: ProviderScenario): string[] {
  const { text, reasoning, toolCall, usage } = scenario;
  const deltas: unknown[] = [{ role: "assistant", content: "" }];
  if (reasoning !== undefined) for (const piece of halves(reasoning)) deltas.push({ reasoning_content: piece });
  if (text !== undefined) for (const piece of halves(text)) deltas.push({ content: piece });
  if (toolCall !== undefined) {
    const [first, second] = halves(toolCall.arguments);
    deltas.push({ tool_calls: [{ index: 0, ...callOf(toolCall, first ?? "") }] });
    deltas.push({ tool_calls: [{ index: 0, function: { arguments: second } }] });
  }
  const finish_reason = toolCall === undefined ? "stop" : "tool_calls";
  const chunks: unknown[] = deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] }));
  chunks.push({ choices: [{ index: 0, delta: {}, finish_reason }] }, { choices: [], usage });
  const lines = chunks.map((chunk) => {
    return `data: ${JSON.stringify({ ...HEAD, object: "chat.completion.chunk", ...(chunk as object) })}\n\n`;
  });
  return [...lines, "data: [DONE]\n\n"];
}

function callOf(call: NonNullable<ProviderScenario["toolCall"]>, args: string): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: args } };
}

/** A text in two pieces, no character torn. */
export function halves(text: string): readonly string[] {
  const characters = Array.from(text);
  const middle = Math.ceil(characters.length / 2);
  return [characters.slice(0, middle).join(""), characters.slice(middle).join("")];
}
