import type { ToolCallDelta } from "../../chat/chunk.js";
import type { Raw } from "../../chat/responses/items.js";
import { SignalboxError } from "../../errors/signalbox-error.js";

/** More items in one answer are a runaway model. */
const MAX_ITEMS = 512;

/** One output item on its way. */
export interface Slot {
  readonly index: number;
  /** Characters told so far: of the text, the refusal, the thinking, the arguments. */
  text: number;
  refusal: number;
  thought: number;
  argued: number;
  /** Which of its two forms of thinking counts. */
  source: "summary" | "content" | undefined;
  /** The tool call that it is. */
  call: { readonly index: number; readonly custom: boolean } | undefined;
  done: boolean;
}

/** The output items of one answer: which event belongs to which, which are calls, and what goes back to the issuer. */
export interface OutputItems {
  /** How many are tool calls. */
  readonly calls: number;
  /** The item at this place, made where it is new. */
  at(index: unknown, item: Raw): Slot;
  /** The item that an event names by its place or its id. */
  find(event: Raw): Slot;
  /** An item begins; the first piece of its call, where it is one. */
  begin(slot: Slot, item: Raw): ToolCallDelta | undefined;
  /** More arguments. */
  more(slot: Slot, text: string): ToolCallDelta | undefined;
  /** An item is whole; what its call has beyond what was told. */
  finish(slot: Slot, item: Raw): ToolCallDelta | undefined;
  /** The items that the vocabulary cannot hold; all of them where their order could not be told otherwise. */
  keepsake(): readonly Raw[];
}

/** The output of one answer, empty so far. */
export function createOutputItems(): OutputItems {
  const slots = new Map<number, Slot>();
  const byId = new Map<unknown, Slot>();
  const ids = new Set<string>();
  const whole: Raw[] = [];

  function slotAt(index: number): Slot {
    const known = slots.get(index);
    if (known !== undefined) return known;
    if (slots.size >= MAX_ITEMS) {
      throw new SignalboxError("response_too_large", `the answer holds more than ${MAX_ITEMS} items`, {
        detail: "items",
      });
    }
    const slot: Slot = {
      index,
      text: 0,
      refusal: 0,
      thought: 0,
      argued: 0,
      source: undefined,
      call: undefined,
      done: false,
    };
    slots.set(index, slot);
    return slot;
  }

  const items: OutputItems & { calls: number } = {
    calls: 0,
    at(index, { id }) {
      // The place first: gateways rotate the ids of one item from event to event.
      const known = typeof index === "number" || id === undefined ? undefined : byId.get(id);
      const slot = known ?? slotAt(typeof index === "number" ? index : slots.size);
      if (id !== undefined) byId.set(id, slot);
      return slot;
    },
    find({ output_index: index, item_id: id }) {
      if (typeof index === "number") return slotAt(index);
      return byId.get(id) ?? slotAt(Math.max(0, slots.size - 1));
    },
    begin(slot, item) {
      if (slot.call !== undefined || (item.type !== "function_call" && item.type !== "custom_tool_call")) {
        return undefined;
      }
      const custom = item.type === "custom_tool_call";
      const call = { index: items.calls++, custom };
      slot.call = call;
      const text = argumentsOf(item, custom);
      slot.argued = text.length;
      return firstPiece(call.index, idOf(item, call.index), String(item.name ?? ""), text, custom);
    },
    more(slot, text) {
      if (slot.call === undefined) return undefined;
      slot.argued += text.length;
      return nextPiece(slot.call, text);
    },
    finish(slot, item) {
      slot.done = true;
      whole.push(item);
      const first = items.begin(slot, item);
      if (first !== undefined || slot.call === undefined) return first;
      const rest = argumentsOf(item, slot.call.custom).slice(slot.argued);
      return rest === "" ? undefined : nextPiece(slot.call, rest);
    },
    keepsake() {
      const kept = whole.filter(({ type }) => !isSpoken(type));
      return isPlain(whole) ? kept : [...whole];
    },
  };
  return items;

  /** Two calls of one answer never share an id, or their results could not be told apart. */
  function idOf({ call_id: callId, id }: Raw, index: number): string {
    const given = [callId, id].find((each) => typeof each === "string" && each !== "") as string | undefined;
    let unique = given ?? `call_${index}`;
    while (ids.has(unique)) unique += `_${index}`;
    ids.add(unique);
    return unique;
  }
}

/** Thinking first, then at most one message without a mark of its own, then calls: the vocabulary's own order. */
function isPlain(items: readonly Raw[]): boolean {
  let at = 0;
  while (items[at] !== undefined && !isSpoken(items[at]?.type)) {
    if (items[at]?.type !== "reasoning") return false;
    at++;
  }
  if (items[at]?.type === "message") {
    if (items[at]?.phase) return false;
    at++;
  }
  return items.slice(at).every(({ type }) => type === "function_call" || type === "custom_tool_call");
}

function isSpoken(type: unknown): boolean {
  return type === "message" || type === "function_call" || type === "custom_tool_call";
}

function argumentsOf(item: Raw, custom: boolean): string {
  const value = custom ? item.input : item.arguments;
  return typeof value === "string" ? value : "";
}

function firstPiece(index: number, id: string, name: string, text: string, custom: boolean): ToolCallDelta {
  if (custom) return { index, id, type: "custom", custom: { name, input: text } } as unknown as ToolCallDelta;
  return { index, id, type: "function", function: { name, arguments: text } };
}

function nextPiece(
  { index, custom }: { readonly index: number; readonly custom: boolean },
  text: string,
): ToolCallDelta {
  if (custom) return { index, custom: { input: text } } as unknown as ToolCallDelta;
  return { index, function: { arguments: text } };
}
