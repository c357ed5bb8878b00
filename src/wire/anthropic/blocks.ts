import type { Delta } from "../../chat/chunk.js";
import type { Annotation } from "../../chat/message.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { parseArguments } from "../history.js";
import { createIdMaker } from "../tool-ids.js";
import type { Block } from "./messages.js";

type Raw = { readonly [field: string]: unknown };
type Open = { type: string; [field: string]: unknown };

const MAX_BLOCKS = 4_096;

interface OpenBlock {
  readonly block: Open;
  /** The call's place among the calls; -1 for other blocks. */
  readonly call: number;
  json: string;
  /** Where its text begins in the whole answer's. */
  readonly textFrom: number;
}

/** Puts an answer's blocks together, and says what each piece adds in the words of the vocabulary. */
export interface BlockReader {
  /** How many tool calls have begun. */
  readonly calls: number;
  /** Citations that are no web addresses, such as pages of a document, with the place of their text. */
  readonly citations: readonly Raw[];
  start(index: number, block: Raw): Delta;
  add(index: number, piece: Raw): Delta;
  stop(index: number): Delta;
  /** The blocks, if replaying them from the message alone would lose something; else `undefined`. */
  keepsake(): readonly Block[] | undefined;
}

/** Members of a block that a message's text and calls say as well. */
const PLAIN: { readonly [type: string]: ReadonlySet<string> } = {
  text: new Set(["type", "text"]),
  tool_use: new Set(["type", "id", "name", "input"]),
};

/** A reader for one answer. */
export function createBlockReader(): BlockReader {
  const blocks: OpenBlock[] = [];
  const byIndex = new Map<number, OpenBlock>();
  const ids = createIdMaker();
  const citations: Raw[] = [];
  let textLength = 0;

  function say(value: unknown): Delta {
    if (typeof value !== "string" || value === "") return {};
    textLength += value.length;
    return { content: value };
  }

  function addJson(open: OpenBlock, text: string): Delta {
    open.json += text;
    return open.call < 0 ? {} : { tool_calls: [{ index: open.call, function: { arguments: text } }] };
  }

  function startCall(open: OpenBlock, index: number): Delta {
    const { block, call } = open;
    // Kimi repeats an id among parallel calls: the results could not be told apart.
    const id = typeof block.id === "string" && block.id !== "" ? block.id : `toolu_${call}_${Math.abs(index)}`;
    block.id = ids.unique(id);
    const given = typeof block.input === "string" ? block.input : JSON.stringify(block.input ?? {});
    // Streams begin with an empty object and send the arguments after it.
    open.json = given === "{}" ? "" : given;
    const named = { name: String(block.name ?? ""), arguments: open.json };
    return { tool_calls: [{ index: call, id: block.id as string, type: "function", function: named }] };
  }

  /** Tells the sources of a text that is complete: their place is known only now. */
  function cited({ block, textFrom }: OpenBlock): Delta {
    if (block.type !== "text" || !Array.isArray(block.citations)) return {};
    const place = { start_index: textFrom, end_index: textLength };
    const annotations: Annotation[] = [];
    for (const citation of block.citations as readonly Raw[]) {
      const { url, title } = citation ?? {};
      if (typeof url !== "string") citations.push({ ...citation, ...place });
      else {
        const source = { url, title: typeof title === "string" ? title : "", ...place };
        annotations.push({ type: "url_citation", url_citation: source });
      }
    }
    return annotations.length > 0 ? { annotations } : {};
  }

  const reader: BlockReader & { calls: number } = {
    calls: 0,
    citations,
    start(index, raw) {
      if (blocks.length >= MAX_BLOCKS) {
        throw new SignalboxError("response_too_large", `the answer holds more than ${MAX_BLOCKS} blocks`);
      }
      const block: Open = { ...raw, type: String(raw.type) };
      const call = block.type === "tool_use" ? reader.calls++ : -1;
      const open: OpenBlock = { block, call, json: "", textFrom: textLength };
      blocks.push(open);
      byIndex.set(index, open);
      if (block.type === "text") return say(block.text);
      if (block.type === "thinking") return thoughtOf(block.thinking);
      return call < 0 ? {} : startCall(open, index);
    },
    add(index, piece) {
      const open = byIndex.get(index);
      if (open === undefined) return {};
      if (piece.type === "input_json_delta") {
        return typeof piece.partial_json === "string" && piece.partial_json !== ""
          ? addJson(open, piece.partial_json)
          : {};
      }
      if (piece.type === "citations_delta") grow(open.block, { citations: [piece.citation] });
      else grow(open.block, piece);
      if (piece.type === "text_delta") return say(piece.text);
      return piece.type === "thinking_delta" ? thoughtOf(piece.thinking) : {};
    },
    stop(index) {
      const open = byIndex.get(index);
      byIndex.delete(index);
      if (open === undefined) return {};
      if (open.call >= 0) {
        const delta = open.json === "" ? addJson(open, "{}") : {};
        open.block.input = parseArguments(open.json) ?? {};
        return delta;
      }
      // The input of a vendor's own tool comes in pieces as well.
      if (open.json !== "") open.block.input = parseArguments(open.json) ?? open.block.input;
      return cited(open);
    },
    keepsake() {
      const kept = blocks.map(({ block }) => block).filter((block) => block.type !== "text" || block.text !== "");
      return isPlain(kept) ? undefined : kept;
    },
  };
  return reader;
}

/** Adds a delta to its block: text grows, a list goes on, anything else takes the place of what was there. */
function grow(block: Open, piece: Raw): void {
  for (const field in piece) {
    if (field === "type" || field === "__proto__") continue;
    const [before, more] = [block[field], piece[field]];
    if (more === undefined || more === null) continue;
    if (typeof more === "string" && (typeof before === "string" || before === null || before === undefined)) {
      block[field] = `${before ?? ""}${more}`;
    } else if (Array.isArray(more) && Array.isArray(before)) for (const item of more) before.push(item);
    else block[field] = Array.isArray(more) ? [...more] : more;
  }
}

/** Whether a message says it all: one text, then calls, without members of the vendor's own. */
function isPlain(blocks: readonly Open[]): boolean {
  return blocks.every((block, at) => {
    const members = PLAIN[block.type];
    if (members === undefined || (block.type === "text" && at > 0)) return false;
    return Object.keys(block).every((member) => members.has(member));
  });
}

function thoughtOf(value: unknown): Delta {
  return typeof value === "string" ? { reasoning_content: value } : {};
}
