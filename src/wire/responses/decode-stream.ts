import type { ChatChunk, Delta } from "../../chat/chunk.js";
import type { FinishReason, TokenLogprob } from "../../chat/reply.js";
import { newReplyId, nowSeconds } from "../../chat/reply-id.js";
import { BETWEEN, isRaw, messageText, type Raw, reasoningText, refusalText } from "../../chat/responses/items.js";
import { fromResponsesUsage } from "../../chat/responses/usage.js";
import type { Usage } from "../../chat/usage.js";
import { readErrorBody } from "../../errors/error-body.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { StreamDecoder, WireCall } from "../codec.js";
import { finishOf } from "../finish.js";
import { parseJson } from "../json.js";
import { createStopCutter, type StopCutter, stopsOf } from "../stop-cutter.js";
import { createThinkSplitter, type ThinkSplitter } from "../think-tags.js";
import { RESPONSES_WIRE } from "./messages.js";
import { createOutputItems, type OutputItems, type Slot } from "./output-items.js";

/** Why an answer is incomplete, in the words of the vocabulary; other reasons broke it off as a limit does. */
const INCOMPLETE: { readonly [reason: string]: FinishReason } = {
  max_output_tokens: "length",
  content_filter: "content_filter",
};

/** Reads the events of one response. What an event leaves out, the finished item or the final response adds. */
export class ResponsesDecoder implements StreamDecoder {
  ended: false | "complete" | "cut" = false;
  readonly #call: WireCall;
  readonly #items: OutputItems;
  readonly #splitter: ThinkSplitter | undefined;
  readonly #cutter: StopCutter | undefined;
  #id = "";
  #created = 0;
  #model = "";
  #started = false;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;
  /** The item that spoke last, for what separates two of them. */
  #speaker: Slot | undefined;
  #thinker: unknown;
  #hasReasoning = false;
  /** How many items the state held when it was told last. */
  #kept = 0;

  constructor(call: WireCall) {
    this.#call = call;
    this.#items = createOutputItems();
    if (call.dialect.thinkTags) this.#splitter = createThinkSplitter();
    // This API has no stop sequences, so they are cut here.
    this.#cutter = createStopCutter(stopsOf(call.request.stop));
  }

  get finished(): boolean {
    return this.#finish !== undefined;
  }

  decode(event: { readonly event: string; readonly data: string }): ChatChunk | undefined {
    const { data } = event;
    if (data === "") return undefined;
    if (data.startsWith("[DONE]")) {
      this.ended = "complete";
      return undefined;
    }
    const raw = parseJson(data)?.value;
    if (!isRaw(raw)) {
      if (event.event === "error") throw this.#call.fail({ status: 200, body: { error: data } });
      throw this.#error("malformed_response", "an event of the stream is not JSON", "sse_json");
    }
    return this.#read(typeof raw.type === "string" ? raw.type : event.event, raw);
  }

  /** Everything that a final response says and no event has said yet. */
  whole(response: Raw): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    this.#readHead(response);
    const output: readonly unknown[] = Array.isArray(response.output) ? response.output : [];
    output.forEach((item, index) => {
      const chunk = isRaw(item) ? this.#settle(this.#items.at(index, item), item) : undefined;
      if (chunk !== undefined) chunks.push(chunk);
    });
    const last = this.#close(response);
    if (last !== undefined) chunks.push(last);
    return chunks;
  }

  end(): readonly ChatChunk[] {
    if (this.#finish === undefined) {
      throw this.#error("stream_interrupted", "the stream ended before the answer did", "truncated");
    }
    if (this.#usage === undefined) return [];
    const usage = this.#chunk({}, null);
    usage.choices = [];
    usage.usage = this.#usage;
    return [usage];
  }

  #read(type: string, raw: Raw): ChatChunk | undefined {
    switch (type) {
      case "response.output_text.delta":
        return this.#say(this.#items.find(raw), raw.delta, raw.logprobs);
      case "response.refusal.delta":
        return this.#refuse(this.#items.find(raw), raw.delta);
      case "response.reasoning_summary_text.delta":
        return this.#think(this.#items.find(raw), "summary", raw.summary_index, raw.delta);
      case "response.reasoning_text.delta":
        return this.#think(this.#items.find(raw), "content", raw.content_index, raw.delta);
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#callMore(this.#items.find(raw), raw.delta);
      case "response.output_item.added":
        return isRaw(raw.item) ? this.#open(this.#items.at(raw.output_index, raw.item), raw.item) : undefined;
      case "response.output_item.done":
        return isRaw(raw.item) ? this.#settle(this.#items.at(raw.output_index, raw.item), raw.item) : undefined;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
      case "response.cancelled":
        return this.#last(isRaw(raw.response) ? raw.response : raw);
      case "error":
        throw this.#call.fail({ status: 200, body: isRaw(raw.error) ? raw : { error: raw } });
      default:
        if (isRaw(raw.response)) this.#readHead(raw.response);
        else if (readErrorBody(raw).isError) throw this.#call.fail({ status: 200, body: raw });
        return undefined;
    }
  }

  #readHead(response: Raw): void {
    if (this.#id === "" && typeof response.id === "string") this.#id = response.id;
    if (this.#created === 0 && typeof response.created_at === "number") this.#created = response.created_at;
    if (this.#model === "" && typeof response.model === "string") this.#model = response.model;
  }

  /** A call is announced with its name, before its arguments come. */
  #open(slot: Slot, item: Raw): ChatChunk | undefined {
    const call = this.#items.begin(slot, item);
    return call === undefined ? undefined : this.#chunk({ tool_calls: [call] }, null);
  }

  /** An item is whole: what it holds beyond what was streamed is told now. */
  #settle(slot: Slot, item: Raw): ChatChunk | undefined {
    if (slot.done) return undefined;
    const delta: Delta = {};
    const call = this.#items.finish(slot, item);
    if (call !== undefined) delta.tool_calls = [call];
    if (item.type === "message") {
      this.#addText(slot, messageText(item).slice(slot.text), delta);
      const refusal = refusalText(item).slice(slot.refusal);
      if (refusal !== "") delta.refusal = refusal;
    } else if (item.type === "reasoning") {
      if (slot.thought === 0) this.#addThought(slot, reasoningText(item), delta, slot);
      // Its issuer has signed it already: a reader may keep it before the answer is whole.
      if (typeof item.encrypted_content === "string") this.#addState(delta);
    }
    return this.#told(delta);
  }

  #say(slot: Slot, text: unknown, logprobs: unknown): ChatChunk | undefined {
    if (typeof text !== "string" || text === "" || this.#finish !== undefined) return undefined;
    const delta: Delta = {};
    this.#addText(slot, text, delta);
    const chunk = this.#told(delta);
    const choice = chunk?.choices[0];
    if (choice !== undefined && Array.isArray(logprobs) && logprobs.length > 0) {
      choice.logprobs = { content: logprobs.filter(isRaw).map(logprobOf), refusal: null };
    }
    return chunk;
  }

  #refuse(slot: Slot, refusal: unknown): ChatChunk | undefined {
    if (typeof refusal !== "string" || refusal === "") return undefined;
    slot.refusal += refusal.length;
    return this.#chunk({ refusal }, null);
  }

  #think(slot: Slot, source: "summary" | "content", part: unknown, text: unknown): ChatChunk | undefined {
    // Where a model gives both, they say the same twice: the one that speaks first counts.
    slot.source ??= source;
    if (slot.source !== source || typeof text !== "string" || text === "") return undefined;
    const delta: Delta = {};
    this.#addThought(slot, text, delta, `${slot.index}/${String(part)}`);
    return this.#told(delta);
  }

  #callMore(slot: Slot, text: unknown): ChatChunk | undefined {
    const piece = typeof text === "string" && text !== "" ? this.#items.more(slot, text) : undefined;
    return piece === undefined ? undefined : this.#chunk({ tool_calls: [piece] }, null);
  }

  #addThought(slot: Slot, text: string, delta: Delta, thinker: unknown): void {
    if (text === "") return;
    slot.thought += text.length;
    const begins = this.#hasReasoning && this.#thinker !== thinker;
    this.#thinker = thinker;
    this.#hasReasoning = true;
    delta.reasoning_content = begins ? BETWEEN + text : text;
  }

  #addText(slot: Slot, given: string, delta: Delta): void {
    if (given === "" || this.#cutter?.cut) return;
    slot.text += given.length;
    let text = this.#speaker !== undefined && this.#speaker !== slot ? BETWEEN + given : given;
    this.#speaker = slot;
    if (this.#splitter !== undefined && !this.#splitter.open) {
      const split = this.#splitter.push(text);
      text = split.text;
      if (split.reasoning !== "") {
        delta.reasoning_content = split.reasoning;
        this.#hasReasoning = true;
      }
    }
    if (this.#cutter !== undefined) text = this.#cutter.push(text);
    if (text === "") return;
    delta.content = text;
  }

  /** The chunk of a delta that says something; ends the answer where a stop sequence was met. */
  #told(delta: Delta): ChatChunk | undefined {
    if (this.#cutter?.cut && this.#finish === undefined) {
      this.ended = "cut";
      this.#finish = "stop";
      return this.#chunk(delta, "stop");
    }
    return Object.keys(delta).length > 0 ? this.#chunk(delta, null) : undefined;
  }

  /** The final response as one chunk: its deltas join, because one event gives one chunk. */
  #last(response: Raw): ChatChunk | undefined {
    if (this.#finish !== undefined) return undefined;
    const chunks = this.whole(response);
    this.ended = "complete";
    const last = chunks.at(-1);
    if (last === undefined || chunks.length === 1) return last;
    const choice = last.choices[0];
    if (choice !== undefined) choice.delta = joinDeltas(chunks.map((chunk) => chunk.choices[0]?.delta ?? {}));
    return last;
  }

  #close(response: Raw): ChatChunk | undefined {
    const { status, error, incomplete_details: details } = response;
    if (status === "failed" || status === "cancelled" || error) {
      throw this.#call.fail({
        status: 200,
        body: { error: error || { message: `the response is ${String(status)}` } },
      });
    }
    this.#usage = fromResponsesUsage(response.usage) ?? this.#usage;
    if (this.#finish !== undefined || status === "in_progress" || status === "queued") return undefined;
    const reason = status === "incomplete" && isRaw(details) ? String(details.reason) : undefined;
    if (reason !== undefined && this.#call.failsBy(reason))
      throw this.#call.fail({ status: 200, finishReason: reason });
    const delta: Delta = {};
    this.#flush(delta);
    if (status === "incomplete") this.#finish = INCOMPLETE[reason ?? ""] ?? "length";
    else this.#finish = finishOf("stop", this.#items.calls);
    this.#addState(delta);
    return this.#chunk(delta, this.#finish ?? "stop");
  }

  /** Lets go of what was held back. */
  #flush(delta: Delta): void {
    const rest = this.#splitter?.flush();
    if (rest?.reasoning) delta.reasoning_content = rest.reasoning;
    let text = rest?.text ?? "";
    if (this.#cutter !== undefined && !this.#cutter.cut) text = this.#cutter.push(text) + this.#cutter.flush();
    if (text === "") return;
    delta.content = text;
  }

  /** What the issuer wants to see again, told once more only where it has grown. */
  #addState(delta: Delta): void {
    const items = this.#items.keepsake();
    if (items.length === 0 || items.length === this.#kept) return;
    this.#kept = items.length;
    delta.provider_state = { issuer: this.#call.provider, data: { wire: RESPONSES_WIRE, items } };
  }

  #chunk(delta: Delta, finish: FinishReason | null): ChatChunk {
    if (!this.#started) {
      this.#started = true;
      if (this.#id === "") this.#id = newReplyId();
      if (this.#created === 0) this.#created = nowSeconds();
      if (this.#model === "") this.#model = this.#call.model.id;
      delta.role = "assistant";
    }
    return {
      id: this.#id,
      object: "chat.completion.chunk",
      created: this.#created,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    };
  }

  #error(kind: "malformed_response" | "stream_interrupted", message: string, detail: string): SignalboxError {
    const { provider, model } = this.#call;
    return new SignalboxError(kind, `${provider}: ${message}`, { detail, provider, model: model.id });
  }
}

function joinDeltas(deltas: readonly Delta[]): Delta {
  const all: Delta = {};
  for (const delta of deltas) {
    const { content, refusal, reasoning_content: thought, tool_calls: calls, ...rest } = delta;
    Object.assign(all, rest);
    if (content) all.content = (all.content ?? "") + content;
    if (refusal) all.refusal = (all.refusal ?? "") + refusal;
    if (thought) all.reasoning_content = (all.reasoning_content ?? "") + thought;
    if (calls) all.tool_calls = [...(all.tool_calls ?? []), ...calls];
  }
  return all;
}

function logprobOf(raw: Raw): TokenLogprob {
  const others = Array.isArray(raw.top_logprobs) ? raw.top_logprobs.filter(isRaw) : [];
  return { ...oneLogprob(raw), top_logprobs: others.map(oneLogprob) };
}

function oneLogprob({ token, logprob, bytes }: Raw) {
  return { token: String(token), logprob: Number(logprob), bytes: Array.isArray(bytes) ? (bytes as number[]) : null };
}
