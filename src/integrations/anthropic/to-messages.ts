import type { AssistantMessage, FunctionToolCall, Message, TextPart, ToolMessage } from "../../chat/message.js";
import { argumentsOf, type Block, fieldsOf } from "./blocks.js";
import { malformed, unsupported } from "./refuse.js";
import { type Sealed, unpackState, unseal } from "./seal.js";
import { contentParts, marked, textOfBlock } from "./to-parts.js";

/** The `system` and `messages` of a Messages request in the vocabulary. @throws SignalboxError */
export function toMessages(system: unknown, turns: unknown): Message[] {
  const messages: Message[] = [];
  if (system !== undefined && system !== null && system !== "") {
    messages.push({ role: "system", content: systemContent(system, "system") });
  }
  if (!Array.isArray(turns)) throw malformed("messages", "must be an array of messages");
  turns.forEach((turn: unknown, index) => {
    const path = `messages[${index}]`;
    const { role, content } = fieldsOf(turn);
    if (role === "system") messages.push({ role, content: systemContent(content, `${path}.content`) });
    else if (role === "user") addUser(messages, content, `${path}.content`);
    else if (role === "assistant") messages.push(assistantMessage(content, `${path}.content`));
    else throw malformed(`${path}.role`, "must be user, assistant or system");
  });
  return messages;
}

function systemContent(content: unknown, path: string): string | TextPart[] {
  if (typeof content === "string") return content;
  return blocksOf(content, path).map((block, index) => {
    return marked({ type: "text" as const, text: textOfBlock(block, `${path}[${index}]`) }, block.cache_control);
  });
}

/** Results of tools are messages of their own, in their order; what the user says comes after them. */
function addUser(messages: Message[], content: unknown, path: string): void {
  if (typeof content === "string") {
    messages.push({ role: "user", content });
    return;
  }
  const blocks = blocksOf(content, path);
  const said: Block[] = [];
  blocks.forEach((block, index) => {
    if (block.type === "tool_result") messages.push(toolMessage(block, `${path}[${index}]`));
    else said.push(block);
  });
  if (said.length === 0) {
    if (blocks.length === 0) throw malformed(path, "must hold at least one block");
    return;
  }
  const [first] = said;
  const plain = said.length === 1 && first?.type === "text" && !first.cache_control;
  const parts = contentParts(said, path);
  messages.push({ role: "user", content: plain ? String(first?.text) : parts });
}

/** `is_error` and pictures stay; a wire that has no form for them says so. */
function toolMessage(block: Block, path: string): ToolMessage {
  const { tool_use_id: id, content, is_error: failed } = block;
  if (typeof id !== "string") throw malformed(`${path}.tool_use_id`, "must be the id of the call this answers");
  const message: ToolMessage = { role: "tool", tool_call_id: id, content: "" };
  if (typeof content === "string") {
    message.content = block.cache_control
      ? [marked({ type: "text" as const, text: content }, block.cache_control)]
      : content;
  } else if (content !== undefined && content !== null) {
    const parts = contentParts(blocksOf(content, `${path}.content`), `${path}.content`);
    const last = parts.at(-1);
    if (last) marked(last, block.cache_control);
    const [first] = parts;
    const plain = parts.length === 1 && first?.type === "text" && first.cache_control === undefined;
    // The vocabulary knows text alone here; pictures are for wires that take them.
    if (parts.length > 0) message.content = plain ? first.text : (parts as TextPart[]);
  }
  if (failed === true) message.is_error = true;
  return message;
}

function assistantMessage(content: unknown, path: string): AssistantMessage {
  if (typeof content === "string") return { role: "assistant", content };
  const turn = { text: "", thinking: "", calls: [] as FunctionToolCall[], own: [] as Block[] };
  let sealed: Sealed | undefined;
  let mark: unknown;
  blocksOf(content, path).forEach((block, index) => {
    const at = `${path}[${index}]`;
    switch (block.type) {
      case "text":
        turn.text += textOfBlock(block, at);
        mark = block.cache_control ?? mark;
        turn.own.push(block);
        return;
      case "tool_use": {
        const { id, name, input } = block;
        if (typeof id !== "string" || typeof name !== "string") throw malformed(at, "must have an id and a name");
        turn.calls.push({ id, type: "function", function: { name, arguments: argumentsOf(input) } });
        turn.own.push(block);
        return;
      }
      case "thinking":
      case "redacted_thinking": {
        const field = block.type === "thinking" ? "signature" : "data";
        const found = unseal(block[field]);
        // Thinking that another server signed has no issuer here: no vendor could read it.
        if (found === undefined) return;
        if (typeof block.thinking === "string") turn.thinking += block.thinking;
        if (sealed?.packed === undefined) sealed = found;
        if (found.packed === undefined && (found.own !== "" || block.type === "thinking")) {
          turn.own.push({ ...block, [field]: found.own });
        }
        return;
      }
      default:
        turn.own.push(block);
    }
  });
  const message: AssistantMessage = { role: "assistant", content: turn.text };
  if (turn.text === "" && turn.calls.length > 0) message.content = null;
  if (mark !== undefined && turn.text !== "")
    message.content = [marked({ type: "text" as const, text: turn.text }, mark)];
  if (turn.calls.length > 0) message.tool_calls = turn.calls;
  if (turn.thinking !== "") message.reasoning_content = turn.thinking;
  const data = sealed && stateOf(sealed, turn);
  if (sealed && data !== undefined) message.provider_state = { issuer: sealed.issuer, data };
  else if (sealed === undefined) refuseForeign(turn.own, path);
  return message;
}

interface Turn {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly FunctionToolCall[];
  /** The blocks as their issuer sent them. */
  readonly own: readonly Block[];
}

function stateOf({ packed }: Sealed, { text, thinking, calls, own }: Turn): unknown {
  if (packed !== undefined) {
    return unpackState(packed, {
      text,
      thinking,
      calls: calls.map((call) => ({ id: call.id, arguments: call.function.arguments })),
    });
  }
  // Without a signature or another block of the vendor's own the message says it all.
  const plain = own.every(({ type, signature }) => {
    return type === "text" || type === "tool_use" || (type === "thinking" && signature === "");
  });
  return plain ? undefined : { wire: "anthropic", blocks: own };
}

/** @throws SignalboxError `unsupported` for blocks of a vendor's own if nothing says whose they are. */
function refuseForeign(blocks: readonly Block[], path: string): void {
  const foreign = blocks.find(({ type }) => type !== "text" && type !== "tool_use");
  if (foreign) throw unsupported(path, `a block of type ${foreign.type} from another server cannot be sent on`);
}

function blocksOf(content: unknown, path: string): readonly Block[] {
  if (!Array.isArray(content)) throw malformed(path, "must be a string or an array of blocks");
  content.forEach((block: unknown, index) => {
    if (typeof fieldsOf(block).type !== "string") throw malformed(`${path}[${index}]`, "must be an object with a type");
  });
  return content as readonly Block[];
}
