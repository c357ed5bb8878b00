import type { ToolCallDelta } from "../../chat/chunk.js";
import type { Tool } from "../../chat/request.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { parseArguments } from "../history.js";
import { createIdMaker } from "../tool-ids.js";

/** More calls in one answer are a runaway model. */
const MAX_CALLS = 128;

/** A piece of a tool call as vendors send it: anything may be absent, empty or of another type. */
interface RawPiece {
  readonly id?: unknown;
  readonly index?: unknown;
  readonly type?: unknown;
  readonly function?: RawNamed | null;
  readonly custom?: RawNamed | null;
  readonly name?: unknown;
  readonly arguments?: unknown;
}

interface RawNamed {
  readonly name?: unknown;
  readonly arguments?: unknown;
  readonly input?: unknown;
}

interface Slot {
  readonly index: number;
  readonly id: string;
  /** As the vendor wrote it; empty if it gave none. */
  rawId: string;
  rawIndex: number | undefined;
  name: string;
  arguments: string;
  announced: boolean;
  isCustom: boolean;
  /** How long the arguments were when they were last found incomplete. */
  incompleteAt: number;
}

/**
 * Puts pieces of tool calls in order. The rules:
 * - A piece belongs to the call of its index; without one, to the call of its id; without either, to the call in hand.
 * - Another index with a name is another call, though it repeats an id: Kimi gives parallel calls one id. Without a name
 *   it is the call of its id, or the one in hand: vendors number the pieces, or let the arguments drift.
 * - At the same index another id with a name is another call; so is the same id and another name, or the same name once
 *   more when the arguments so far are whole.
 * - A name that comes in two pieces is joined if only both together name an offered tool; a piece that says nothing at
 *   all is none.
 * - Ids are made unique: the second call of an id gets one of its own.
 */
export interface ToolCallReader {
  readonly count: number;
  /** Whether a call has members of the vendor's own, which it wants to see again. */
  readonly hasOwnMembers: boolean;
  /** The pieces as the vocabulary has them: dense indexes, an id and a name on the first piece of each call. */
  read(pieces: readonly unknown[], whole?: boolean): ToolCallDelta[];
}

/** Members of a piece that the vocabulary has names for. */
const KNOWN: ReadonlySet<string> = new Set(["id", "index", "type", "function", "custom", "name", "arguments"]);

/** A reader for one answer; `idPrefix` makes the ids of calls that came without one, `offered` are the request's tools. */
export function createToolCallReader(idPrefix: string, offered?: readonly Tool[] | null): ToolCallReader {
  const slots: Slot[] = [];
  const byId = new Map<string, Slot>();
  const byIndex = new Map<number, Slot>();
  const ids = createIdMaker();
  let current: Slot | undefined;

  function begin(rawId: string, rawIndex: number | undefined): Slot {
    if (slots.length >= MAX_CALLS) {
      throw new SignalboxError("response_too_large", `the answer holds more than ${MAX_CALLS} tool calls`, {
        detail: "tool_calls",
      });
    }
    const index = slots.length;
    const id = ids.unique(rawId === "" ? madeUpId(idPrefix, index) : rawId);
    const slot: Slot = {
      index,
      id,
      rawId,
      rawIndex,
      name: "",
      arguments: "",
      announced: false,
      isCustom: false,
      incompleteAt: 0,
    };
    slots.push(slot);
    return slot;
  }

  function slotOf(rawId: string, rawIndex: number | undefined, name: string, args: string): Slot {
    const ofId = rawId === "" ? undefined : byId.get(rawId);
    const ofIndex = rawIndex === undefined ? undefined : byIndex.get(rawIndex);
    if (ofIndex === undefined && rawIndex !== undefined) {
      if (name === "" || (ofId !== undefined && continues(ofId, args))) {
        const known = ofId ?? (rawId === "" ? current : undefined);
        if (known !== undefined) return known;
      }
      return begin(rawId, rawIndex);
    }
    const there = ofIndex ?? ofId ?? current;
    if (there === undefined) return begin(rawId, rawIndex);
    if (name === "") {
      // An id that comes late, or a vendor that numbers the pieces.
      if (rawId !== "" && there.rawId === "") there.rawId = rawId;
      return there;
    }
    if (rawId !== "" && there.rawId !== "" && rawId !== there.rawId) return begin(rawId, rawIndex);
    if (there.name === "") return there;
    if (completes(there, name)) return there;
    const isNext = name !== there.name || (rawIndex === undefined && rawId === "") || isNextCall(there, args);
    return isNext ? begin(rawId, rawIndex) : there;
  }

  /** Whether this is the rest of a name: no argument has come, and only together they name an offered tool. */
  function completes(slot: Slot, name: string): boolean {
    if (slot.arguments !== "" || !offered) return false;
    const isOffered = (wanted: string) => offered.some((tool) => nameOf(tool) === wanted);
    return !isOffered(name) && isOffered(slot.name + name);
  }

  function readPiece(raw: RawPiece, position: number | undefined): ToolCallDelta | undefined {
    // Some gateways fill every field that they know: the one that names something counts.
    const custom = raw.custom?.name && !raw.function?.name ? raw.custom : ofCustom(raw, current);
    const named: RawNamed = custom ?? raw.function ?? raw;
    const rawId = typeof raw.id === "string" ? raw.id : "";
    const rawIndex = position ?? (typeof raw.index === "number" ? raw.index : undefined);
    const name = typeof named.name === "string" ? named.name : "";
    const args = argumentsText(custom === undefined ? named.arguments : named.input);
    const own = ownMembers(raw);
    if (rawId === "" && name === "" && args === "" && own === undefined) return undefined;
    const slot = slotOf(rawId, rawIndex, name, args);
    current = slot;
    if (slot.rawId !== "") byId.set(slot.rawId, slot);
    if (rawIndex !== undefined) byIndex.set(rawIndex, slot);
    const delta: ToolCallDelta = { index: slot.index };
    if (!slot.announced) {
      slot.announced = true;
      delta.id = slot.id;
      // OpenAI's own types of a piece know only functions.
      slot.isCustom = custom !== undefined;
      delta.type = (custom === undefined ? "function" : "custom") as "function";
    }
    const grows = name !== "" && (slot.name === "" || completes(slot, name));
    if (grows) slot.name += name;
    slot.arguments += args;
    const told = grows ? { name: slot.name } : {};
    if (custom === undefined) delta.function = { ...told, arguments: args };
    else delta.custom = { ...told, input: args };
    if (own === undefined) return delta;
    reader.hasOwnMembers = true;
    return Object.assign(delta, own);
  }

  const reader = {
    count: 0,
    hasOwnMembers: false,
    read(pieces: readonly unknown[], whole = false): ToolCallDelta[] {
      const deltas: ToolCallDelta[] = [];
      pieces.forEach((piece, at) => {
        if (typeof piece !== "object" || piece === null) return;
        // Each entry of a whole answer is a call of its own.
        const delta = readPiece(piece as RawPiece, whole ? at : undefined);
        if (delta !== undefined) deltas.push(delta);
      });
      reader.count = slots.length;
      return deltas;
    },
  };
  return reader;
}

/** A later piece of a custom tool's call, whose name came before. */
function ofCustom(raw: RawPiece, current: Slot | undefined): RawNamed | undefined {
  return current?.isCustom === true && raw.custom && !raw.function ? raw.custom : undefined;
}

function nameOf(tool: Tool): string | undefined {
  return tool.type === "custom" ? tool.custom?.name : tool.function?.name;
}

/** At most 40 characters, which is what OpenAI takes back. */
function madeUpId(prefix: string, index: number): string {
  return `call_${prefix.slice(-24)}_${index}`;
}

/** Whether arguments go on with a call that has some, which are not whole yet. */
function continues(slot: Slot, args: string): boolean {
  return slot.arguments !== "" && !args.trimStart().startsWith("{") && parseArguments(slot.arguments) === undefined;
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

/** Arguments as text, also if a server sends the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Members of the vendor's own that say something, such as Gemini's `extra_content` with its thought signature. */
function ownMembers(raw: RawPiece): { [member: string]: unknown } | undefined {
  let own: { [member: string]: unknown } | undefined;
  for (const member in raw) {
    if (KNOWN.has(member) || member === "__proto__") continue;
    const value = (raw as { [member: string]: unknown })[member];
    if (value === undefined || value === null || value === "") continue;
    own ??= {};
    own[member] = value;
  }
  return own;
}
