import type { ToolCallDelta } from "../../chat/chunk.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { parseArguments } from "../history.js";

/** More calls in one answer are a runaway model. */
const MAX_CALLS = 128;

/** A piece of a tool call as vendors send it: anything may be absent, empty or of another type. */
interface RawPiece {
  readonly id?: unknown;
  readonly index?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
  readonly name?: unknown;
  readonly arguments?: unknown;
}

interface Slot {
  readonly index: number;
  readonly id: string;
  /** As the vendor wrote it; empty where it gave none. */
  rawId: string;
  rawIndex: number | undefined;
  name: string;
  arguments: string;
  announced: boolean;
  /** How long the arguments were when they were last found incomplete. */
  incompleteAt: number;
}

/** Puts pieces of tool calls in order: by id, then by index, then the call in hand. */
export interface ToolCallReader {
  readonly count: number;
  /** The pieces as the vocabulary has them: dense indexes, an id and a name on the first piece of each call. */
  read(pieces: readonly unknown[]): ToolCallDelta[];
}

/** A reader for one answer; `idPrefix` makes the ids of calls that came without one. */
export function createToolCallReader(idPrefix: string): ToolCallReader {
  const slots: Slot[] = [];
  let current: Slot | undefined;

  function begin(rawId: string, rawIndex: number | undefined): Slot {
    if (slots.length >= MAX_CALLS) {
      throw new SignalboxError("response_too_large", `the answer holds more than ${MAX_CALLS} tool calls`, {
        detail: "tool_calls",
      });
    }
    const index = slots.length;
    const id = rawId === "" ? `call_${idPrefix}_${index}` : rawId;
    const slot: Slot = { index, id, rawId, rawIndex, name: "", arguments: "", announced: false, incompleteAt: 0 };
    slots.push(slot);
    return slot;
  }

  function slotOf(rawId: string, rawIndex: number | undefined, name: string, args: string): Slot {
    if (rawId !== "") {
      const known = slots.find((slot) => slot.rawId === rawId);
      if (known !== undefined) return known;
    }
    const there = rawIndex === undefined ? current : slots.findLast((slot) => slot.rawIndex === rawIndex);
    if (there === undefined) return begin(rawId, rawIndex);
    if (name === "") {
      // An id that comes late, or a vendor that numbers the pieces.
      if (rawId !== "" && there.rawId === "") there.rawId = rawId;
      return there;
    }
    if (rawId !== "" && there.rawId !== "") return begin(rawId, rawIndex);
    if (there.name === "") return there;
    const isNext = name !== there.name || rawIndex === undefined || isNextCall(there, args);
    return isNext ? begin(rawId, rawIndex) : there;
  }

  function readPiece(raw: RawPiece): ToolCallDelta {
    const named = raw.function ?? raw;
    const rawId = typeof raw.id === "string" ? raw.id : "";
    const rawIndex = typeof raw.index === "number" ? raw.index : undefined;
    const name = typeof named.name === "string" ? named.name : "";
    const args = argumentsText(named.arguments);
    const slot = slotOf(rawId, rawIndex, name, args);
    current = slot;
    slot.arguments += args;
    const delta: ToolCallDelta = { index: slot.index, function: { arguments: args } };
    if (!slot.announced) {
      slot.announced = true;
      delta.id = slot.id;
      delta.type = "function";
    }
    if (name !== "" && slot.name === "") {
      slot.name = name;
      delta.function = { name, arguments: args };
    }
    return delta;
  }

  const reader = {
    count: 0,
    read(pieces: readonly unknown[]): ToolCallDelta[] {
      const deltas = pieces.filter(isObject).map((piece) => readPiece(piece as RawPiece));
      reader.count = slots.length;
      return deltas;
    },
  };
  return reader;
}

/**
 * Whether a piece that repeats the name begins another call: the arguments so far are complete, and it brings its own.
 * Incomplete arguments are parsed again only once they have doubled, or a name on every piece would cost the square.
 */
function isNextCall(slot: Slot, args: string): boolean {
  const { arguments: before } = slot;
  if (!args.trimStart().startsWith("{") || before.length < 2 * slot.incompleteAt) return false;
  if (parseArguments(before) !== undefined) return true;
  slot.incompleteAt = before.length;
  return false;
}

/** Arguments as text, also where a server sends the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
