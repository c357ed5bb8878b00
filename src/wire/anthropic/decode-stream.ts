import type { ChatChunk, Delta } from "../../chat/chunk.js";
import type { FinishReason, ServiceTier } from "../../chat/reply.js";
import { newReplyId, nowSeconds } from "../../chat/reply-id.js";
import { readErrorBody } from "../../errors/error-body.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { StreamDecoder, WireCall } from "../codec.js";
import { finishOf, PAUSED, saysMore, WINDOW_EXCEEDED } from "../finish.js";
import { parseJson } from "../json.js";
import { createStopCutter, type StopCutter, stopsOf } from "../stop-cutter.js";
import { createThinkSplitter, type ThinkSplitter } from "../think-tags.js";
import { readUsage } from "../usage.js";
import { type BlockReader, createBlockReader } from "./blocks.js";
import { ANTHROPIC_WIRE } from "./messages.js";

type Raw = { readonly [field: string]: unknown };

/** Members of a message and of its end that are read elsewhere. */
const KNOWN: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "usage",
  "delta",
  "index",
]);

/** Reads the events of one answer. */
export class AnthropicDecoder implements StreamDecoder {
  ended: false | "complete" | "cut" = false;
  readonly #call: WireCall;
  readonly #blocks: BlockReader = createBlockReader();
  readonly #splitter: ThinkSplitter | undefined;
  readonly #cutter: StopCutter | undefined;
  #id = "";
  readonly #created = nowSeconds();
  #model: string;
  #usage: { [name: string]: unknown } = {};
  #finish: FinishReason | undefined;
  #started = false;
  #hasText = false;
  #hasReasoning = false;
  /** Members of the message that the vocabulary has no name for. */
  #extension: { [field: string]: unknown } = {};
  /** Whether the vendor itself said that the turn is whole. */
  #paused = false;
  #isWhole = false;

  constructor(call: WireCall) {
    this.#call = call;
    this.#model = call.model.id;
    if (call.dialect.thinkTags) this.#splitter = createThinkSplitter();
    if (call.dialect.stop.cut) this.#cutter = createStopCutter(stopsOf(call.request.stop));
  }

  get finished(): boolean {
    return this.#finish !== undefined;
  }

  decode(event: { readonly event: string; readonly data: string }): ChatChunk | undefined {
    if (event.data === "" || event.data === "[DONE]") return undefined;
    const parsed = parseJson(event.data);
    if (event.event === "error") throw this.#call.fail({ status: 200, body: parsed?.value ?? { error: event.data } });
    if (parsed === undefined || typeof parsed.value !== "object" || parsed.value === null) {
      const { provider, model } = this.#call;
      const init = { detail: "sse_json", provider, model: model.id };
      throw new SignalboxError("malformed_response", `${provider}: an event of the stream is not JSON`, init);
    }
    return this.read(parsed.value as Raw);
  }

  /** What an event's object adds. */
  read(raw: Raw): ChatChunk | undefined {
    const index = typeof raw.index === "number" ? raw.index : 0;
    switch (raw.type) {
      case "message_start":
        this.#start(raw.message as Raw | undefined);
        return undefined;
      case "content_block_start":
        return this.#tell(this.#blocks.start(index, (raw.content_block ?? {}) as Raw));
      case "content_block_delta":
        return this.#tell(this.#blocks.add(index, (raw.delta ?? {}) as Raw));
      case "content_block_stop":
        return this.#tell(this.#blocks.stop(index));
      case "message_delta":
        this.#addUsage(raw.usage);
        this.#note(raw);
        return this.#stop((raw.delta as Raw | undefined) ?? {});
      case "message_stop":
        this.ended = "complete";
        return undefined;
      default:
        if (raw.type === "error" || raw.error || readErrorBody(raw).isError) {
          throw this.#call.fail({ status: 200, body: raw });
        }
        return undefined;
    }
  }

  end(): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    if (this.#finish === undefined) {
      const says = this.#hasText || this.#hasReasoning || this.#blocks.calls > 0;
      if (this.ended !== "complete" || !says) {
        const init = { detail: "truncated", provider: this.#call.provider, model: this.#call.model.id };
        throw new SignalboxError("stream_interrupted", "the stream ended before the answer did", init);
      }
      chunks.push(this.#close({}, finishOf("stop", this.#blocks.calls) as FinishReason));
    }
    const usage = readUsage(this.#usage);
    if (usage !== undefined) chunks.push({ ...this.#chunk({}, null), choices: [], usage });
    return chunks;
  }

  /** Keeps what a message or its end says besides the answer, such as a container's id. */
  #note(from: Raw): void {
    for (const field in from) {
      if (KNOWN.has(field) || field === "__proto__" || from[field] === null || from[field] === undefined) continue;
      this.#extension[field] = from[field];
    }
  }

  #start(message: Raw | undefined): void {
    if (typeof message?.id === "string" && message.id !== "") this.#id = message.id;
    if (typeof message?.model === "string" && message.model !== "") this.#model = message.model;
    this.#addUsage(message?.usage);
    if (message !== undefined) this.#note(message);
  }

  /** Counts are totals so far; a later zero is a count that was left out. */
  #addUsage(usage: unknown): void {
    if (typeof usage !== "object" || usage === null) return;
    for (const [name, value] of Object.entries(usage)) {
      if (value !== null && (value !== 0 || this.#usage[name] === undefined)) this.#usage[name] = value;
    }
  }

  #tell(delta: Delta): ChatChunk | undefined {
    if (typeof delta.content === "string") this.#readText(delta, delta.content);
    if (delta.reasoning_content === "" && this.#hasReasoning) delete delta.reasoning_content;
    if (delta.reasoning_content !== undefined) this.#hasReasoning = true;
    if (this.#cutter?.cut && this.#finish === undefined) {
      this.ended = "cut";
      return this.#close(delta, "stop");
    }
    const says =
      delta.content || delta.reasoning_content !== undefined || delta.tool_calls !== undefined || delta.annotations;
    return says ? this.#chunk(delta, null) : undefined;
  }

  #readText(delta: Delta, given: string): void {
    let text = given;
    if (this.#splitter !== undefined && !this.#splitter.open) {
      const split = this.#splitter.push(text);
      text = split.text;
      if (split.reasoning !== "") delta.reasoning_content = split.reasoning;
    }
    if (this.#cutter !== undefined) text = this.#cutter.push(text);
    if (text === "") delete delta.content;
    else {
      delta.content = text;
      this.#hasText = true;
    }
  }

  #stop(ended: Raw): ChatChunk | undefined {
    const { stop_reason: reason } = ended;
    const finish = finishOf(reason, this.#blocks.calls);
    if (finish === undefined || this.#finish !== undefined) return undefined;
    const isNothing = !this.#hasText && this.#blocks.calls === 0;
    const word = String(reason);
    if (this.#call.failsBy(word) || (word === WINDOW_EXCEEDED && isNothing)) {
      throw this.#call.fail({ status: 200, finishReason: word });
    }
    this.#note(ended);
    if (saysMore(word)) this.#extension.stop_reason = word;
    this.#paused = PAUSED.has(word);
    this.#isWhole = finish === "stop";
    return this.#close({}, finish);
  }

  #close(delta: Delta, finish: FinishReason): ChatChunk {
    const rest = this.#splitter?.flush();
    if (rest?.reasoning) {
      delta.reasoning_content = rest.reasoning;
      this.#hasReasoning = true;
    }
    let text = rest?.text ?? "";
    if (this.#cutter !== undefined && !this.#cutter.cut) text = this.#cutter.push(text) + this.#cutter.flush();
    if (text !== "") {
      delta.content = (delta.content ?? "") + text;
      this.#hasText = true;
    }
    this.#finish = finish;
    const blocks = this.#blocks.keepsake();
    const data: { [name: string]: unknown } = { wire: ANTHROPIC_WIRE };
    if (blocks !== undefined) data.blocks = blocks;
    else if (this.#hasReasoning) data.thought = true;
    if (this.#paused) data.paused = true;
    const isMute = !this.#hasText && this.#blocks.calls === 0;
    const thinksAlone = blocks?.every(({ type }) => type === "thinking" || type === "redacted_thinking") === true;
    // The vendor says that it has nothing to say, or its own tools did all there was to do: a retry would not help.
    if (isMute && this.#isWhole && !(thinksAlone && (blocks?.length ?? 0) > 0)) {
      data.turn = true;
      delta.content ??= "";
    }
    if (Object.keys(data).length > 1) delta.provider_state = { issuer: this.#call.provider, data };
    return this.#withRest(this.#chunk(delta, finish));
  }

  #withRest(chunk: ChatChunk): ChatChunk {
    const { citations } = this.#blocks;
    if (citations.length > 0) this.#extension.citations = citations;
    const { server_tool_use: served, service_tier: tier } = this.#usage;
    if (served !== undefined) this.#extension.usage = this.#usage;
    if (typeof tier === "string") chunk.service_tier = tier as ServiceTier;
    if (Object.keys(this.#extension).length > 0) chunk.extensions = { [this.#call.provider]: this.#extension };
    return chunk;
  }

  #chunk(delta: Delta, finish: FinishReason | null): ChatChunk {
    if (this.#id === "") this.#id = newReplyId();
    if (!this.#started) {
      this.#started = true;
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
}
