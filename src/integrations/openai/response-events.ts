import type { ChatChunk, ToolCallDelta } from "../../chat/chunk.js";
import type { ProviderState } from "../../chat/message.js";
import type { FinishReason } from "../../chat/reply.js";
import { nowSeconds } from "../../chat/reply-id.js";
import type { Raw } from "../../chat/responses/items.js";
import type { Usage } from "../../chat/usage.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { EventWriter } from "../../serve/event-body.js";
import { type CallKind, callEvents, type ItemEvents, messageEvents, reasoningEvents } from "./item-events.js";
import type { ResponseNames } from "./response-names.js";
import {
  createResponseJson,
  hostedItems,
  type ResponseEnd,
  type ResponseHead,
  statusOf,
  usageOf,
} from "./response-object.js";
import { seal } from "./seal.js";
import { KEEP_ALIVE } from "./stream-answer.js";

/** What the writer cannot read from chunks. */
export interface ResponseWriterOptions {
  /** The request, as it came. */
  readonly body: Raw;
  readonly head: (createdAt: number, model: string) => ResponseHead;
  readonly names: ResponseNames;
  readonly failure: (thrown: unknown) => {
    readonly message: string;
    readonly code: string;
    readonly param: string | null;
  };
}

/** An item whose turn has not come: a call that began before the one before it was complete. */
interface Waiting {
  readonly index: number;
  readonly events: ItemEvents;
  said: string;
}

/**
 * Writes chunks as the events of one response, numbered, in OpenAI's order: `created`, `in_progress`, one item after the
 * other (added, its parts and deltas, done), then `completed` or `incomplete`. Items never overlap. What a provider
 * needs back and told after its thinking ended comes last, sealed in a reasoning item of its own.
 */
export function createResponseWriter({ body, head, names, failure }: ResponseWriterOptions): EventWriter {
  const responseJson = createResponseJson(body);
  /** The items that are done, as JSON. */
  const output: string[] = [];
  const waiting: Waiting[] = [];
  const counts = { rs: 0, msg: 0, fc: 0, ctc: 0 };
  let sequence = 0;
  let known: ResponseHead | undefined;
  let live:
    | { readonly kind: "thinking" | "text" | "call"; readonly index: number; readonly events: ItemEvents }
    | undefined;
  let state: ProviderState | undefined;
  let sealed: ProviderState | undefined;
  let finish: FinishReason | null = null;
  let usage: Usage | undefined;

  /** `fields` is the rest of a JSON object, without its braces. */
  const event = (type: string, fields: string): string => {
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence++},${fields}}\n\n`;
  };
  const whole = (type: string, end: ResponseEnd): string => {
    return event(type, `"response":${responseJson(known as ResponseHead, end)}`);
  };
  const start = (chunk: ChatChunk | undefined): string => {
    if (known !== undefined) return "";
    known = head(chunk?.created || nowSeconds(), chunk?.model ?? "");
    const begun: ResponseEnd = { status: "in_progress", output: "" };
    return whole("response.created", begun) + whole("response.in_progress", begun);
  };
  const name = (kind: keyof typeof counts): string => names.item(kind, counts[kind]++);
  const open = (kind: NonNullable<typeof live>["kind"], index: number, events: ItemEvents): string => {
    const text = close();
    live = { kind, index, events };
    return text + events.begin(event, output.length);
  };
  const close = (): string => {
    if (live === undefined) return "";
    const { kind, events } = live;
    live = undefined;
    if (kind === "thinking" && state !== undefined) sealed = state;
    const { text, item } = events.end(
      event,
      output.length,
      status(),
      kind === "thinking" && state ? seal(state) : undefined,
    );
    output.push(item);
    return text;
  };
  const status = (): "completed" | "incomplete" => {
    return statusOf(finish).status === "incomplete" ? "incomplete" : "completed";
  };
  const think = (thought: string): string => {
    const before = live?.kind === "thinking" ? "" : open("thinking", -1, reasoningEvents(name("rs")));
    return before + (live?.events.more(event, output.length, thought) ?? "");
  };
  const say = (part: "text" | "refusal", words: string): string => {
    const before = live?.kind === "text" ? "" : open("text", -1, messageEvents(name("msg")));
    return before + (live?.events.more(event, output.length, words, part) ?? "");
  };
  const callMore = (piece: ToolCallDelta): string => {
    const { index } = piece;
    const custom = (piece as { readonly custom?: { readonly name?: string; readonly input?: string } }).custom;
    const words = custom?.input ?? piece.function?.arguments ?? "";
    if (live?.kind === "call" && live.index === index) return live.events.more(event, output.length, words);
    const held = waiting.find((each) => each.index === index);
    if (held !== undefined) {
      held.said += words;
      return "";
    }
    const kind: CallKind = custom ? "custom_tool_call" : "function_call";
    const called = custom?.name ?? piece.function?.name ?? "";
    const events = callEvents(kind, name(custom ? "ctc" : "fc"), piece.id ?? `call_${index}`, called);
    if (live?.kind === "call" && !live.events.complete()) {
      waiting.push({ index, events, said: words });
      return "";
    }
    return open("call", index, events) + events.more(event, output.length, words);
  };
  const item = (one: Raw): string => {
    const json = JSON.stringify(one);
    const fields = `"output_index":${output.push(json) - 1},"item":${json}`;
    return event("response.output_item.added", fields) + event("response.output_item.done", fields);
  };
  /** What was held back, and what no chunk tells of: hosted tools, and a state that came late. */
  const closeAll = (): string => {
    let text = close();
    for (const { index, events, said } of waiting.splice(0)) {
      text += open("call", index, events) + events.more(event, output.length, said) + close();
    }
    if (state === undefined) return text;
    // Before what it holds, so that a reader of the input knows those items when they come.
    if (sealed !== state) {
      text += item({ id: name("rs"), type: "reasoning", summary: [], encrypted_content: seal(state) });
    }
    for (const hosted of hostedItems(state.data)) text += item(hosted);
    return text;
  };

  return {
    heartbeat: KEEP_ALIVE,
    chunk(chunk) {
      if (chunk.usage) usage = chunk.usage;
      if (chunk.signalbox?.reset === true && output.length + (live ? 1 : 0) > 0) {
        throw new SignalboxError("stream_interrupted", "The stream began anew, and this API cannot take an item back");
      }
      const choice = chunk.choices[0];
      if (choice === undefined) return "";
      let text = start(chunk);
      const { reasoning_content: thought, content, refusal, tool_calls: calls, provider_state } = choice.delta;
      if (thought) text += think(thought);
      if (provider_state) state = provider_state;
      if (content) text += say("text", content);
      if (refusal) text += say("refusal", refusal);
      if (calls) for (const piece of calls) text += callMore(piece);
      if (choice.finish_reason) finish = choice.finish_reason;
      return text;
    },
    end() {
      const text = start(undefined) + closeAll();
      const end = { ...statusOf(finish), output: output.join(), usage: usageOf(usage) };
      return text + whole(`response.${end.status}`, end);
    },
    fail(thrown) {
      const { message, code, param, ...rest } = failure(thrown);
      const error = { message, code, param };
      // Flat is what is documented, nested is what is sent: clients read one or the other.
      const fields = JSON.stringify({ ...error, error: { ...rest, ...error } }).slice(1, -1);
      const text = start(undefined) + event("error", fields);
      return text + whole("response.failed", { status: "failed", output: output.join(), error: { code, message } });
    },
  };
}
