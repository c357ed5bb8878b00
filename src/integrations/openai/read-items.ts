import type { AssistantMessage, ContentPart, Message, TextPart, ToolCall } from "../../chat/message.js";
import { BETWEEN, isRaw, messageText, type Raw, reasoningText, refusalText } from "../../chat/responses/items.js";
import { fromInputPart } from "../../chat/responses/parts.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { unseal } from "./seal.js";

/** What the input of a request says. */
export interface InputRead {
  readonly messages: Message[];
  /** The path of the first item that only a vendor with hosted tools can read; `undefined` if there is none. */
  readonly hosted: string | undefined;
}

/** Finds the items of an earlier answer by the id of one of them. */
export type FindItem = (id: string, path: string) => Raw;

/**
 * The input of a Responses request as messages. Thinking, text and calls that stand together are one assistant message;
 * items of hosted tools pass as parts that the Responses wire alone takes.
 *
 * @throws SignalboxError `invalid_request` naming the item.
 */
export function readInput(input: unknown, find: FindItem): InputRead {
  if (typeof input === "string") return { messages: [{ role: "user", content: input }], hosted: undefined };
  if (!Array.isArray(input)) throw wrong("input", "must be a text or a list of items");
  const turns = createTurns();
  input.forEach((item: unknown, index) => {
    const path = `input[${index}]`;
    if (!isRaw(item)) throw wrong(path, "must be an object");
    const isReference = item.type === "item_reference" || (item.type === undefined && item.role === undefined);
    turns.add(isReference ? find(String(item.id), `${path}.id`) : item, path);
  });
  return { messages: turns.messages, hosted: turns.hosted };
}

function createTurns() {
  const messages: Message[] = [];
  /** The assistant's message that items are added to; a message of anyone else ends it. */
  let open: AssistantMessage | undefined;
  let items: unknown;

  const answer = (): AssistantMessage => {
    if (open === undefined) {
      open = { role: "assistant", content: null };
      items = undefined;
      messages.push(open);
    }
    return open;
  };
  const push = (message: Message): void => {
    open = undefined;
    messages.push(message);
  };
  const call = (one: ToolCall): void => {
    const message = answer();
    message.tool_calls = [...(message.tool_calls ?? []), one];
  };
  const say = (item: Raw): void => {
    const text = messageText(item);
    const refusal = refusalText(item);
    // Two answers in a row are two messages, but the pieces of one that carries a state are one.
    if (open?.content && !open.tool_calls && !open.provider_state) open = undefined;
    const message = answer();
    if (text !== "") {
      const before = typeof message.content === "string" ? message.content : "";
      message.content = before === "" || message.provider_state ? before + text : before + BETWEEN + text;
    }
    if (refusal !== "") message.refusal = (message.refusal ?? "") + refusal;
  };
  const think = (item: Raw): void => {
    const state = unseal(item.encrypted_content);
    if (open?.content && !open.tool_calls && state === undefined) open = undefined;
    const message = answer();
    const text = reasoningText(item);
    if (text !== "") {
      message.reasoning_content = message.reasoning_content ? message.reasoning_content + BETWEEN + text : text;
    }
    if (state === undefined) return;
    message.provider_state = state;
    items = isRaw(state.data) ? state.data.items : undefined;
  };
  /** Whether the state of this turn holds the item already. */
  const isKept = ({ id }: Raw): boolean => {
    return Array.isArray(items) && id !== undefined && items.some((each: unknown) => isRaw(each) && each.id === id);
  };

  const turns = {
    messages,
    hosted: undefined as string | undefined,
    add(item: Raw, path: string): void {
      const { type = "message", call_id: callId } = item;
      switch (type) {
        case "message":
          if (item.role === "assistant") say(item);
          else push(inputMessage(item, path));
          return;
        case "reasoning":
          think(item);
          return;
        case "function_call": {
          const { name, arguments: text } = item;
          const named = { name: textAt(name, `${path}.name`), arguments: textAt(text, `${path}.arguments`) };
          call({ id: textAt(callId, `${path}.call_id`), type: "function", function: named });
          return;
        }
        case "custom_tool_call": {
          const custom = { name: textAt(item.name, `${path}.name`), input: textAt(item.input, `${path}.input`) };
          call({ id: textAt(callId, `${path}.call_id`), type: "custom", custom });
          return;
        }
        case "function_call_output":
        case "custom_tool_call_output": {
          const content = contentOf(item.output, `${path}.output`) as string | TextPart[];
          push({ role: "tool", tool_call_id: textAt(callId, `${path}.call_id`), content });
          return;
        }
        default:
          if (isKept(item)) return;
          turns.hosted ??= path;
          push({ role: "user", content: [{ type: "input_item", item } as unknown as ContentPart] });
      }
    },
  };
  return turns;
}

function inputMessage(item: Raw, path: string): Message {
  const { role, content } = item;
  if (role !== "user" && role !== "system" && role !== "developer") {
    throw wrong(`${path}.role`, "must be user, system, developer or assistant");
  }
  return { role, content: contentOf(content, `${path}.content`) } as Message;
}

/** One text where all is text, else parts. */
function contentOf(content: unknown, path: string): string | ContentPart[] {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw wrong(path, "must be a text or a list of parts");
  return content.map((part: unknown, index) => {
    const read = fromInputPart(part);
    if (read !== undefined) return read;
    const { type, file_id } = isRaw(part) ? part : {};
    const hint = file_id === undefined ? "" : ": give image_url, files of a vendor are not known here";
    throw wrong(`${path}[${index}]`, `${String(type)} cannot be read${hint}`);
  });
}

function textAt(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw wrong(path, "must be a text");
}

/** The error of a request whose field cannot be read. */
export function wrong(path: string, why: string, detail?: string): SignalboxError {
  return new SignalboxError("invalid_request", `${path}: ${why}`, { path, detail });
}
