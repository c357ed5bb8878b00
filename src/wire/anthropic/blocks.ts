import type { Delta } from "../../chat/chunk.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { parseArguments } from "../history.js";
import type { Block } from "./messages.js";

type Raw = { readonly [field: string]: unknown };
type Open = { type: string; [field: string]: unknown };

const MAX_BLOCKS = 4_096;

interface OpenBlock {
  readonly block: Open;
  /** The call's place among the calls; -1 for other blocks. */
  readonly call: number;
  json: string;
}

/** Puts an answer's blocks together, and says what each piece adds in the words of the vocabulary. */
export interface BlockReader {
  /** How many tool calls have begun. */
  readonly calls: number;
  start(index: number, block: Raw): Delta;
  add(index: number, piece: Raw): Delta;
  stop(index: number): Delta;
  /** The blocks, where replaying them from the message alone would lose something; else `undefined`. */
  keepsake(): readonly Block[] | undefined;
}

/** A reader for one answer. */
export function createBlockReader(): BlockReader {
  const blocks: OpenBlock[] = [];
  const byIndex = new Map<number, OpenBlock>();

  function addJson(open: OpenBlock, text: string): Delta {
    open.json += text;
    return { tool_calls: [{ index: open.call, function: { arguments: text } }] };
  }

  const reader: BlockReader & { calls: number } = {
    calls: 0,
    start(index, raw) {
      if (blocks.length >= MAX_BLOCKS) {
        throw new SignalboxError("response_too_large", `the answer holds more than ${MAX_BLOCKS} blocks`);
      }
      const block: Open = { ...raw, type: String(raw.type) };
      const isCall = block.type === "tool_use";
      const open: OpenBlock = { block, call: isCall ? reader.calls++ : -1, json: "" };
      blocks.push(open);
      byIndex.set(index, open);
      if (block.type === "text") return textOf(block.text);
      if (block.type === "thinking") return thoughtOf(block.thinking);
      if (!isCall) return {};
      if (typeof block.id !== "string" || block.id === "") block.id = `toolu_${open.call}_${Math.abs(index)}`;
      const name = String(block.name ?? "");
      const given = typeof block.input === "string" ? block.input : JSON.stringify(block.input ?? {});
      // Streams begin with an empty object and send the arguments after it.
      const whole = given === "{}" ? "" : given;
      open.json = whole;
      return {
        tool_calls: [
          { index: open.call, id: block.id as string, type: "function", function: { name, arguments: whole } },
        ],
      };
    },
    add(index, piece) {
      const open = byIndex.get(index);
      if (open === undefined) return {};
      const { block } = open;
      switch (piece.type) {
        case "text_delta":
          block.text = `${block.text ?? ""}${piece.text ?? ""}`;
          return textOf(piece.text);
        case "thinking_delta":
          block.thinking = `${block.thinking ?? ""}${piece.thinking ?? ""}`;
          return thoughtOf(piece.thinking);
        case "signature_delta":
          block.signature = `${block.signature ?? ""}${piece.signature ?? ""}`;
          return {};
        case "input_json_delta":
          return typeof piece.partial_json === "string" && piece.partial_json !== "" && open.call >= 0
            ? addJson(open, piece.partial_json)
            : {};
        default:
          return {};
      }
    },
    stop(index) {
      const open = byIndex.get(index);
      byIndex.delete(index);
      if (open === undefined || open.call < 0) return {};
      const delta = open.json === "" ? addJson(open, "{}") : {};
      open.block.input = parseArguments(open.json) ?? {};
      return delta;
    },
    keepsake() {
      const kinds = blocks.map(({ block }) => block.type);
      const isPlain = kinds.every((kind) => kind === "text" || kind === "tool_use");
      const firstCall = kinds.indexOf("tool_use");
      const inOrder = firstCall < 0 || kinds.indexOf("text", firstCall) < 0;
      return isPlain && inOrder ? undefined : blocks.map(({ block }) => block);
    },
  };
  return reader;
}

function textOf(value: unknown): Delta {
  return typeof value === "string" && value !== "" ? { content: value } : {};
}

function thoughtOf(value: unknown): Delta {
  return typeof value === "string" ? { reasoning_content: value } : {};
}
