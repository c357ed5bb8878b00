import type { ChatChunk, Delta } from "../../chat/chunk.js";
import type { FinishReason, Logprobs } from "../../chat/reply.js";
import { newReplyId, nowSeconds } from "../../chat/reply-id.js";
import type { Usage } from "../../chat/usage.js";
import { readErrorBody } from "../../errors/error-body.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { StreamDecoder, WireCall } from "../codec.js";
import { finishOf, WINDOW_EXCEEDED } from "../finish.js";
import { parseJson } from "../json.js";
import { createStopCutter, type StopCutter, stopsOf } from "../stop-cutter.js";
import { createThinkSplitter, type ThinkSplitter } from "../think-tags.js";
import { readUsage } from "../usage.js";
import { readContentParts } from "./content.js";
import { OPENAI_WIRE } from "./messages.js";
import { createReasoningReader, type ReasoningReader } from "./reasoning.js";
import { createToolCallReader, type ToolCallReader } from "./tool-calls.js";
import { createToolMarkup, type ToolMarkup } from "./tool-markup.js";

type Raw = { readonly [field: string]: unknown };

/** Reads the events of one answer; also the whole answer in one piece, which is an event with everything in it. */
export class OpenAIDecoder implements StreamDecoder {
  ended: false | "complete" | "cut" = false;
  readonly #call: WireCall;
  #id = "";
  #created = 0;
  #model = "";
  #fingerprint: string | undefined;
  #started = false;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;
  #filtered = false;
  #hasText = false;
  #hasReasoning = false;
  /** Kept only where an answer may turn out to lie in the thinking. */
  #thought = "";
  /** Which choice is read, once an event has named one. */
  #index: unknown;
  #tools: ToolCallReader | undefined;
  readonly #reasoning: ReasoningReader = createReasoningReader();
  readonly #splitter: ThinkSplitter | undefined;
  readonly #cutter: StopCutter | undefined;
  readonly #markup: ToolMarkup | undefined;

  constructor(call: WireCall) {
    this.#call = call;
    if (call.dialect.thinkTags) this.#splitter = createThinkSplitter();
    if (call.dialect.toolMarkup) this.#markup = createToolMarkup(call.request.tools);
    if (call.dialect.stop.cut) this.#cutter = createStopCutter(stopsOf(call.request.stop));
  }

  get finished(): boolean {
    return this.#finish !== undefined;
  }

  decode(event: { readonly event: string; readonly data: string }): ChatChunk | undefined {
    const { data } = event;
    if (data.startsWith("[DONE]")) {
      this.ended = "complete";
      return undefined;
    }
    if (data === "") return undefined;
    const parsed = parseJson(data);
    if (event.event === "error") throw this.#call.fail({ status: 200, body: parsed?.value ?? { error: data } });
    if (parsed === undefined || typeof parsed.value !== "object" || parsed.value === null) {
      throw this.#malformed("an event of the stream is not JSON", "sse_json");
    }
    return this.read(parsed.value as Raw);
  }

  /** What an event's object adds. */
  read(raw: Raw): ChatChunk | undefined {
    const { choices } = raw;
    if (raw.error || (raw.base_resp && isRefused(raw.base_resp))) throw this.#call.fail({ status: 200, body: raw });
    if (raw.usage || raw.x_groq) this.#readUsage(raw);
    if (raw.input_sensitive === true || raw.output_sensitive === true) this.#filtered = true;
    if (!Array.isArray(choices)) {
      if (readErrorBody(raw).isError) throw this.#call.fail({ status: 200, body: raw });
      return undefined;
    }
    if (this.#id === "") this.#readHead(raw);
    const choice = this.#choiceOf(choices);
    if (typeof choice !== "object" || choice === null) return undefined;
    if (choice.error) throw this.#call.fail({ status: 200, body: choice });
    if (choice.usage) this.#readUsage(choice);
    return this.#readChoice(choice);
  }

  end(): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    if (this.#finish === undefined) {
      // "[DONE]" without a reason still says that the answer is whole; silence does not.
      if (this.ended !== "complete" || !this.#hasAnswer) {
        throw new SignalboxError("stream_interrupted", "the stream ended before the answer did", {
          detail: "truncated",
          provider: this.#call.provider,
          model: this.#call.model.id,
        });
      }
      const last: Delta = {};
      this.#close(last, finishOf("stop", this.#tools?.count ?? 0) as FinishReason);
      chunks.push(this.#chunk(last, this.#finish ?? null));
    }
    if (this.#usage !== undefined) {
      const usage = this.#chunk({}, null);
      usage.choices = [];
      usage.usage = this.#usage;
      chunks.push(usage);
    }
    return chunks;
  }

  get #hasAnswer(): boolean {
    return this.#hasText || this.#hasReasoning || this.#tools !== undefined;
  }

  /** One answer is served: choice 0, or whichever speaks first where the first to speak is another. */
  #choiceOf(choices: readonly unknown[]): Raw | undefined {
    const first = choices[0] as Raw | undefined;
    const index = first?.index ?? this.#index;
    if (index === this.#index) return first;
    const find = (wanted: unknown) => choices.find((each) => (each as Raw | null)?.index === wanted) as Raw | undefined;
    if (this.#index === undefined) this.#index = find(0) === undefined ? index : 0;
    return find(this.#index);
  }

  #readHead(raw: Raw): void {
    this.#id = typeof raw.id === "string" && raw.id !== "" ? raw.id : newReplyId();
    this.#created = typeof raw.created === "number" ? raw.created : nowSeconds();
    this.#model = typeof raw.model === "string" && raw.model !== "" ? raw.model : this.#call.model.id;
    if (typeof raw.system_fingerprint === "string") this.#fingerprint = raw.system_fingerprint;
  }

  #readUsage(raw: Raw): void {
    const usage = readUsage(raw.usage ?? (raw.x_groq as Raw).usage);
    if (usage !== undefined) this.#usage = usage;
  }

  #readChoice(choice: Raw): ChatChunk | undefined {
    // A last event that repeats the whole message: everything in it was said.
    const isRepeat = choice.delta === undefined && this.#started;
    const source = (isRepeat ? undefined : (choice.delta ?? choice.message)) as Raw | null | undefined;
    const delta: Delta = {};
    let says = source ? this.#readDelta(source, delta) : false;
    const reason = this.#finish === undefined ? choice.finish_reason : undefined;
    let finish: FinishReason | null = null;
    if (typeof reason === "string" && reason !== "") {
      this.#checkFinish(reason, says);
      this.#close(delta, finishOf(reason, this.#tools?.count ?? 0) as FinishReason);
      says = true;
    }
    if (this.#cutter?.cut && this.#finish === undefined) {
      this.#close(delta, "stop");
      this.ended = "cut";
      says = true;
    }
    finish = this.#finish !== undefined && says ? this.#finish : null;
    const chunk = says ? this.#chunk(delta, finish) : undefined;
    if (choice.logprobs) return this.#withLogprobs(chunk ?? this.#chunk(delta, finish), choice.logprobs as Logprobs);
    return chunk;
  }

  /** Fills `delta` with what `source` says; whether it said anything. */
  #readDelta(source: Raw, delta: Delta): boolean {
    let text: string | undefined;
    let thought = this.#reasoning.read(source);
    const { content } = source;
    if (typeof content === "string") text = content;
    else if (Array.isArray(content)) {
      const parts = readContentParts(content);
      text = parts.text;
      if (parts.reasoning !== "" && thought === undefined) thought = parts.reasoning;
    }
    if (text !== undefined && this.#splitter !== undefined && !this.#splitter.open) {
      const split = this.#splitter.push(text);
      text = split.text;
      // Where a field speaks, the tags hold the same words again.
      if (split.reasoning !== "" && !this.#reasoning.speaks) thought = (thought ?? "") + split.reasoning;
    }
    const own = ownCalls(source);
    let pieces: readonly unknown[] = own;
    // A server that reads its model's calls leaves them in the text as well, perhaps.
    if (text !== undefined && this.#markup !== undefined && own.length === 0) {
      const read = this.#markup.push(text);
      text = read.text;
      pieces = read.calls;
    }
    if (text !== undefined && this.#cutter !== undefined) text = this.#cutter.push(text);
    let says = false;
    if (thought !== undefined) says = this.#think(thought, delta) || says;
    if (text) {
      delta.content = text;
      this.#hasText = true;
      says = true;
    }
    if (typeof source.refusal === "string" && source.refusal !== "") {
      delta.refusal = source.refusal;
      this.#hasText = true;
      says = true;
    }
    if (pieces.length > 0) {
      this.#tools ??= createToolCallReader(this.#id);
      delta.tool_calls = this.#tools.read(pieces);
      says = delta.tool_calls.length > 0 || says;
    }
    return says;
  }

  #think(thought: string, delta: Delta): boolean {
    // An empty thought is told once: some vendors tell it from no thought at all.
    if (thought === "" && this.#hasReasoning) return false;
    this.#hasReasoning = true;
    delta.reasoning_content = thought;
    if (this.#call.dialect.reasoningAsAnswer && !this.#hasText) this.#thought += thought;
    return true;
  }

  #checkFinish(reason: string, says: boolean): void {
    const isNothing = !says && !this.#hasText && this.#tools === undefined;
    if (this.#call.failsBy(reason) || (reason === WINDOW_EXCEEDED && isNothing)) {
      throw this.#call.fail({ status: 200, finishReason: reason });
    }
  }

  /** Ends the answer: lets go of what was held back, and adds what its issuer will want to see again. */
  #close(delta: Delta, finish: FinishReason): void {
    const rest = this.#splitter?.flush();
    if (rest?.reasoning && !this.#reasoning.speaks) this.#think(rest.reasoning, delta);
    let text = rest?.text ?? "";
    if (this.#markup !== undefined) text = this.#markup.push(text).text + this.#markup.flush();
    if (this.#cutter !== undefined && !this.#cutter.cut) text = this.#cutter.push(text) + this.#cutter.flush();
    if (text !== "") {
      delta.content = (delta.content ?? "") + text;
      this.#hasText = true;
    }
    const spoke = this.#hasText || this.#tools !== undefined;
    if (!spoke && this.#filtered) this.#finish = "content_filter";
    else this.#finish = finish;
    if (!spoke && this.#finish === "stop" && this.#thought !== "") delta.content = this.#thought;
    if (this.#hasReasoning || this.#tools !== undefined || this.#reasoning.details !== undefined) {
      const { details } = this.#reasoning;
      const data = details === undefined ? { wire: OPENAI_WIRE } : { wire: OPENAI_WIRE, details };
      delta.provider_state = { issuer: this.#call.provider, data };
    }
  }

  #chunk(delta: Delta, finish: FinishReason | null): ChatChunk {
    if (!this.#started) {
      this.#started = true;
      delta.role = "assistant";
    }
    const chunk: ChatChunk = {
      id: this.#id,
      object: "chat.completion.chunk",
      created: this.#created,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    };
    if (this.#fingerprint !== undefined) chunk.system_fingerprint = this.#fingerprint;
    return chunk;
  }

  #withLogprobs(chunk: ChatChunk, logprobs: Logprobs): ChatChunk {
    const choice = chunk.choices[0];
    if (choice !== undefined) choice.logprobs = logprobs;
    return chunk;
  }

  #malformed(message: string, detail: string): SignalboxError {
    const { provider, model } = this.#call;
    return new SignalboxError("malformed_response", `${provider}: ${message}`, { detail, provider, model: model.id });
  }
}

/** The calls of a delta or message; the one call of servers that know only the retired form. */
function ownCalls({ tool_calls: calls, function_call: call }: Raw): readonly unknown[] {
  const given: readonly unknown[] = Array.isArray(calls) ? calls : [];
  return call && given.length === 0 ? [{ index: 0, function: call }] : given;
}

/** MiniMax says `status_code: 0` on every good answer. */
function isRefused(base: unknown): boolean {
  const code = (base as { status_code?: unknown }).status_code;
  return code !== undefined && code !== null && code !== 0 && code !== "0";
}
