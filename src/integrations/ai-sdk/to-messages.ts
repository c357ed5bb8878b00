import type {
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3ToolResultOutput,
  SharedV3Warning,
} from "@ai-sdk/provider";
import type { AssistantMessage, ContentPart, FunctionToolCall, Message, ToolMessage } from "../../chat/message.js";
import { filePart } from "./file-data.js";
import { stateOf } from "./part-state.js";

type Of<Role> = Extract<LanguageModelV3Message, { role: Role }>;

/** An AI SDK prompt as our messages; what has no place in them is told as a warning. */
export function toMessages(prompt: LanguageModelV3Prompt, warn: (warning: SharedV3Warning) => void): Message[] {
  const messages: Message[] = [];
  for (const message of prompt) {
    if (message.role === "system") messages.push({ role: "system", content: message.content });
    else if (message.role === "user") messages.push({ role: "user", content: userContent(message) });
    else if (message.role === "assistant") messages.push(assistantMessage(message, warn));
    else for (const part of message.content) pushToolResult(messages, part, warn);
  }
  return messages;
}

function userContent({ content }: Of<"user">): string | ContentPart[] {
  const [first] = content;
  if (content.length === 1 && first?.type === "text") return first.text;
  return content.map((part) => (part.type === "text" ? { type: "text", text: part.text } : filePart(part)));
}

function assistantMessage({ content }: Of<"assistant">, warn: (warning: SharedV3Warning) => void): AssistantMessage {
  let text = "";
  let reasoning = "";
  const calls: FunctionToolCall[] = [];
  const message: AssistantMessage = { role: "assistant", content: null };
  for (const part of content) {
    const state = stateOf(part.providerOptions);
    if (state) message.provider_state = state;
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "tool-call" && part.providerExecuted !== true) {
      const args = typeof part.input === "string" ? part.input : JSON.stringify(part.input ?? {});
      calls.push({ id: part.toolCallId, type: "function", function: { name: part.toolName, arguments: args } });
    } else warn({ type: "unsupported", feature: `${part.type} in an assistant message` });
  }
  if (text !== "" || calls.length === 0) message.content = text;
  if (reasoning !== "") message.reasoning_content = reasoning;
  if (calls.length > 0) message.tool_calls = calls;
  return message;
}

function pushToolResult(
  messages: Message[],
  part: Of<"tool">["content"][number],
  warn: (warning: SharedV3Warning) => void,
): void {
  // Approvals concern tools that a vendor runs itself; there are none behind a router.
  if (part.type !== "tool-result") return;
  const result: ToolMessage = { role: "tool", tool_call_id: part.toolCallId, content: resultText(part.output, warn) };
  messages.push(result);
}

function resultText(output: LanguageModelV3ToolResultOutput, warn: (warning: SharedV3Warning) => void): string {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "The tool call was denied.";
    case "content":
      return output.value
        .map((item) => {
          if (item.type === "text") return item.text;
          warn({ type: "unsupported", feature: `${item.type} in a tool result` });
          return `[${item.type} left out]`;
        })
        .join("\n");
  }
}
