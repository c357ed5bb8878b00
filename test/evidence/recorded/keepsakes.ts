import type { RecordedAnswer } from "./answer.js";

type Raw = { [field: string]: unknown };

/** What the next request has to carry, read from the recorded bytes alone. */
export interface Keepsakes {
  /** Anthropic: the answer's blocks, in their order. */
  readonly blocks?: readonly Raw[];
  /** OpenAI: for each call the fields that the wire's standard does not name. */
  readonly callFields?: readonly Raw[];
  /** Responses: the items that are neither text nor a call, such as sealed thinking. */
  readonly items?: readonly Raw[];
}

/** What an answer gives its reader to keep. */
export function keepsakesOf({ wire, stream, body }: RecordedAnswer): Keepsakes {
  const events = stream ? eventsOf(body) : [parsed(body)];
  if (wire === "responses") return { items: itemsOf(events) };
  return wire === "anthropic" ? { blocks: blocksOf(events, stream) } : openaiKeepsakes(events);
}

/** What of it the next request lacks. `sent` is its assistant message. */
export function lostKeepsakes(kept: Keepsakes, sent: Raw): string[] {
  const lost: string[] = [];
  if (kept.blocks !== undefined) {
    const [want, have] = [kept.blocks.map(canonical), ((sent.content ?? []) as Raw[]).map(canonical)];
    if (JSON.stringify(want) !== JSON.stringify(have)) {
      const at = want.findIndex((block, i) => block !== have[i]);
      lost.push(`blocks: expected ${want.length}, sent ${have.length}; block ${at}: ${want[at]} is ${have[at]}`);
    }
  }
  const sentItems = ((sent.items ?? []) as Raw[]).map(canonical);
  for (const item of kept.items ?? []) {
    if (!sentItems.includes(canonical(item))) lost.push(`item ${String(item.type)} is not sent`);
  }
  kept.callFields?.forEach((fields, index) => {
    const call = (sent.tool_calls as Raw[] | undefined)?.[index] ?? {};
    for (const [name, value] of Object.entries(fields)) {
      if (canonical(call[name]) !== canonical(value)) lost.push(`call ${index}: ${name} is not sent`);
    }
  });
  return lost;
}

const SPOKEN = new Set<unknown>(["message", "function_call", "custom_tool_call"]);

function itemsOf(events: readonly Raw[]): Raw[] {
  const items = events.flatMap((event) => {
    return event.type === "response.output_item.done" ? [event.item as Raw] : ((event.output ?? []) as Raw[]);
  });
  return items.filter(({ type }) => !SPOKEN.has(type));
}

function parsed(text: string): Raw {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Raw) : {};
  } catch {
    return {};
  }
}

function eventsOf(body: string): Raw[] {
  const datas = body.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return datas.map((line) => parsed(line.slice(5).trim()));
}

/** Where a delta goes: into a text that grows, a list that grows, or JSON that is parsed at the end. */
const GROWS: { readonly [delta: string]: readonly [from: string, to: string] } = {
  text_delta: ["text", "text"],
  thinking_delta: ["thinking", "thinking"],
  signature_delta: ["signature", "signature"],
  compaction_delta: ["content", "content"],
};

function blocksOf(events: readonly Raw[], stream: boolean): Raw[] {
  if (!stream) return ((events[0]?.content ?? []) as Raw[]).filter(isSendable);
  const blocks = new Map<unknown, Raw>();
  const inputs = new Map<unknown, string>();
  for (const event of events) {
    const delta = (event.delta ?? {}) as Raw;
    if (event.type === "content_block_start") blocks.set(event.index, { ...(event.content_block as Raw) });
    const block = blocks.get(event.index);
    if (event.type !== "content_block_delta" || block === undefined) continue;
    const grows = GROWS[String(delta.type)];
    if (grows !== undefined) block[grows[1]] = `${block[grows[1]] ?? ""}${delta[grows[0]] ?? ""}`;
    else if (delta.type === "citations_delta")
      block.citations = [...((block.citations ?? []) as Raw[]), delta.citation];
    else if (delta.type === "input_json_delta") {
      inputs.set(event.index, (inputs.get(event.index) ?? "") + String(delta.partial_json));
    }
  }
  for (const [index, text] of inputs) if (text !== "") (blocks.get(index) as Raw).input = parsed(text);
  return [...blocks.values()].filter(isSendable);
}

/** The wire refuses an empty text. */
function isSendable(block: Raw): boolean {
  return block.type !== "text" || block.text !== "";
}

const STANDARD = new Set(["id", "type", "index", "function"]);

function openaiKeepsakes(events: readonly Raw[]): Keepsakes {
  const callFields: Raw[] = [];
  for (const event of events) {
    const choice = ((event.choices ?? []) as Raw[])[0];
    const said = (choice?.message ?? choice?.delta ?? {}) as Raw;
    for (const [at, call] of ((said.tool_calls ?? []) as Raw[]).entries()) {
      const index = typeof call.index === "number" ? call.index : at;
      const own = Object.entries(call).filter(([name, value]) => !STANDARD.has(name) && saysSomething(value));
      if (own.length > 0) callFields[index] = { ...callFields[index], ...Object.fromEntries(own) };
    }
  }
  return { callFields: Array.from(callFields, (fields) => fields ?? {}) };
}

/** Some gateways fill every field that they know with empty words. */
function saysSomething(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(saysSomething);
  return value !== null && value !== "" && value !== 0;
}

/** JSON with sorted keys, so that the order of fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
