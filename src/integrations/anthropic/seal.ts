import type { ProviderState } from "../../chat/message.js";
import { type Block, fieldsOf, inputOf } from "./blocks.js";

/**
 * Thinking goes back to its issuer alone, and this API has two opaque strings that a client returns as they are: the
 * `signature` of a thinking block, and the `data` of a redacted one. Both leave this door sealed, as
 * `signalbox/<provider>/<rest>`. The rest is the vendor's own string, or the provider's whole state as JSON.
 */
const PREFIX = "signalbox/";

/** What a sealed string holds. */
export interface Sealed {
  readonly issuer: string;
  /** The vendor's own string; `""` if it gave none. */
  readonly own: string;
  /** The data of the provider's state, packed. */
  readonly packed?: unknown;
}

export function seal(issuer: string, own = ""): string {
  return `${PREFIX}${issuer}/${own}`;
}

/** A sealed string's parts; `undefined` for one that another server made. */
export function unseal(text: unknown): Sealed | undefined {
  if (typeof text !== "string" || !text.startsWith(PREFIX)) return undefined;
  const end = text.indexOf("/", PREFIX.length);
  if (end < 0) return undefined;
  const issuer = text.slice(PREFIX.length, end);
  const own = text.slice(end + 1);
  if (!own.startsWith("{")) return { issuer, own };
  try {
    return { issuer, own: "", packed: JSON.parse(own) };
  } catch {
    return { issuer, own: "" };
  }
}

/** A whole state, sealed. What the message says anyway (text, thinking, arguments) is left out of its blocks. */
export function sealState({ issuer, data }: ProviderState): string {
  const { blocks } = fieldsOf(data);
  const packed = Array.isArray(blocks) ? { ...fieldsOf(data), blocks: blocks.map(packBlock) } : fieldsOf(data);
  return seal(issuer, JSON.stringify(packed));
}

function packBlock(block: Block): Block {
  if (block.type === "text") return { ...block, text: String(block.text ?? "").length };
  if (block.type === "thinking") return { ...block, thinking: String(block.thinking ?? "").length };
  return block.type === "tool_use" ? { ...block, input: null } : block;
}

/** What a message says, from which packed blocks are filled. */
export interface Said {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly { readonly id: string; readonly arguments: string }[];
}

/** The state's data as it was; `undefined` if the message was edited since, so that no edit is undone. */
export function unpackState(packed: unknown, said: Said): unknown {
  const { blocks } = fieldsOf(packed);
  if (!Array.isArray(blocks)) return packed;
  let text = 0;
  let thinking = 0;
  let calls = 0;
  const filled = (blocks as readonly Block[]).map((block): Block => {
    if (block.type === "text") {
      const from = text;
      text += Number(block.text);
      return { ...block, text: said.text.slice(from, text) };
    }
    if (block.type === "thinking") {
      const from = thinking;
      thinking += Number(block.thinking);
      return { ...block, thinking: said.thinking.slice(from, thinking) };
    }
    if (block.type !== "tool_use") return block;
    const call = said.calls[calls++];
    return { ...block, input: call !== undefined && call.id === block.id ? inputOf(call.arguments) : undefined };
  });
  const whole = text === said.text.length && thinking === said.thinking.length && calls === said.calls.length;
  const same = filled.every((block) => block.type !== "tool_use" || block.input !== undefined);
  return whole && same ? { ...fieldsOf(packed), blocks: filled } : undefined;
}
