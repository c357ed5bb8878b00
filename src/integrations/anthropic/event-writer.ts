import type { ChatChunk, ToolCallDelta } from "../../chat/chunk.js";
import type { ProviderState } from "../../chat/message.js";
import type { FinishReason } from "../../chat/reply.js";
import { newReplyId } from "../../chat/reply-id.js";
import type { Usage } from "../../chat/usage.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { EventWriter } from "../../serve/event-body.js";
import { type Block, fieldsOf } from "./blocks.js";
import { messageHead, REFUSED, STOP_REASONS, textBlock, toolBlock, usageOf } from "./from-reply.js";
import { seal, sealState } from "./seal.js";

interface Open {
  readonly kind: "text" | "thinking" | "tool";
  /** The call's index among the calls; -1 for other blocks. */
  readonly call: number;
  readonly block: Block;
  /** What has been said of it: text, thinking, or arguments. */
  said: string;
}

/** What the writer cannot read from chunks. */
export interface EventWriterOptions {
  /** Who answers, for thinking that carries no state; asked once content is there. */
  readonly provider: () => string;
  /** The body of an error event. */
  readonly failure: (thrown: unknown) => unknown;
}

/**
 * Writes chunks as Anthropic's events: `message_start`, `ping`, one block after another (start, deltas, stop),
 * `message_delta` with stop reason and usage, `message_stop`. Blocks never overlap: a call that begins before the last
 * one is complete waits until the end. What a provider needs back is told last, in a sealed `redacted_thinking` block.
 */
export function createEventWriter({ provider, failure }: EventWriterOptions): EventWriter {
  let id = "";
  let index = 0;
  let live: Open | undefined;
  const waiting = new Map<string, Open>();
  let state: ProviderState | undefined;
  let thought = false;
  let refused = false;
  let finish: FinishReason | null = null;
  let usage: Usage | undefined;

  const start = (chunk: ChatChunk | undefined): string => {
    if (id !== "") return "";
    id = chunk?.id || newReplyId();
    const message = { ...messageHead(id, chunk?.model ?? ""), content: [], usage: usageOf(undefined) };
    return event("message_start", { message }) + PING;
  };
  const begin = (open: Open): string => {
    live = open;
    if (open.kind === "thinking") thought = true;
    return event("content_block_start", { index, content_block: open.block });
  };
  const say = (open: Open, more: string): string => {
    // Only of what may have to wait, or to be parsed, the words are needed again.
    if (open !== live || open.kind === "tool") open.said += more;
    return open === live && more !== "" ? delta(index, open.kind, more) : "";
  };
  const close = (): string => {
    if (live === undefined) return "";
    const signed = live.kind === "thinking" ? signature(index, seal(provider())) : "";
    live = undefined;
    return signed + event("content_block_stop", { index: index++ });
  };
  const add = (kind: Open["kind"], more: string, call = -1, piece?: ToolCallDelta): string => {
    if (live?.kind === kind && live.call === call) return say(live, more);
    const key = `${kind}${call}`;
    const known = waiting.get(key);
    if (known) return say(known, more);
    const open: Open = { kind, call, block: blockOf(kind, piece, call), said: "" };
    if (live !== undefined && !isComplete(live)) {
      waiting.set(key, open);
      return say(open, more);
    }
    return close() + begin(open) + say(open, more);
  };
  const closeAll = (): string => {
    let text = close();
    for (const open of waiting.values()) text += begin(open) + delta(index, open.kind, open.said) + close();
    waiting.clear();
    return text;
  };
  /** The vendor's own blocks that no chunk tells of, then its state. */
  const kept = (): string => {
    if (state === undefined) return "";
    const { wire, blocks } = fieldsOf(state.data);
    const own = wire === "anthropic" && Array.isArray(blocks) ? (blocks as readonly Block[]).filter(isOwn) : [];
    if (!thought && Object.keys(fieldsOf(state.data)).every((name) => name === "wire")) return "";
    return [...own, { type: "redacted_thinking", data: sealState(state) }].map(whole).join("");
  };
  const whole = (block: Block): string => {
    return (
      event("content_block_start", { index, content_block: block }) + event("content_block_stop", { index: index++ })
    );
  };

  return {
    heartbeat: PING,
    chunk(chunk) {
      if (chunk.usage) usage = chunk.usage;
      if (chunk.signalbox?.reset === true) {
        throw new SignalboxError("stream_interrupted", "The stream began anew, and this API cannot take a block back");
      }
      const choice = chunk.choices[0];
      if (choice === undefined) return "";
      let text = start(chunk);
      const { reasoning_content: thinking, content, refusal, tool_calls, provider_state } = choice.delta;
      if (provider_state) state = provider_state;
      if (thinking) text += add("thinking", thinking);
      if (content) text += add("text", content);
      if (refusal) {
        refused = true;
        text += add("text", refusal);
      }
      if (tool_calls)
        for (const piece of tool_calls) text += add("tool", piece.function?.arguments ?? "", piece.index, piece);
      if (choice.finish_reason) {
        finish = choice.finish_reason;
        text += closeAll();
      }
      return text;
    },
    end() {
      const ending = finish === null ? "end_turn" : (STOP_REASONS[finish] ?? "end_turn");
      const reason = refused ? REFUSED : ending;
      const ended = { stop_reason: reason, stop_sequence: null, stop_details: null, container: null };
      const { cache_creation, service_tier, inference_geo, speed, ...counts } = usageOf(usage);
      const last = event("message_delta", { delta: ended, usage: counts });
      return `${start(undefined)}${closeAll()}${kept()}${last}${event("message_stop", {})}`;
    },
    fail: (thrown) => `event: error\ndata: ${JSON.stringify(failure(thrown))}\n\n`,
  };
}

const PING = event("ping", {});

function event(type: string, fields: { readonly [field: string]: unknown }): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** The frequent event, put together by hand: an object with a spread would cost more than the event itself. */
function delta(index: number, kind: Open["kind"], more: string): string {
  const piece = `${DELTAS[kind]}:${JSON.stringify(more)}`;
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{${piece}}}\n\n`;
}

const DELTAS: { readonly [Kind in Open["kind"]]: string } = {
  text: '"type":"text_delta","text"',
  thinking: '"type":"thinking_delta","thinking"',
  tool: '"type":"input_json_delta","partial_json"',
};

function signature(index: number, sealed: string): string {
  return event("content_block_delta", { index, delta: { type: "signature_delta", signature: sealed } });
}

function blockOf(kind: Open["kind"], piece: ToolCallDelta | undefined, call: number): Block {
  if (kind === "text") return textBlock("");
  if (kind === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return toolBlock(piece?.id || `toolu_${call}`, piece?.function?.name ?? "", {});
}

/** Whether nothing more can come for a block: text and thinking end when another block begins, calls with their JSON. */
function isComplete({ kind, said }: Open): boolean {
  if (kind !== "tool") return true;
  try {
    JSON.parse(said);
    return true;
  } catch {
    return false;
  }
}

/** Whether a block is neither text, thinking nor a call: no chunk tells of those. */
function isOwn({ type }: Block): boolean {
  return !["text", "thinking", "redacted_thinking", "tool_use"].includes(type);
}
