import type { ChatChunk, Delta } from "../../chat/chunk.js";
import type { Annotation, ReplyAudio, ReplyImage } from "../../chat/message.js";
import type { FinishReason, Logprobs } from "../../chat/reply.js";
import { newReplyId, nowSeconds } from "../../chat/reply-id.js";
import type { Usage } from "../../chat/usage.js";
import { readErrorBody } from "../../errors/error-body.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { StreamDecoder, WireCall } from "../codec.js";
import { finishOf, saysMore, WINDOW_EXCEEDED } from "../finish.js";
import { parseJson } from "../json.js";
import { createStopCutter, type StopCutter, stopsOf } from "../stop-cutter.js";
import { createThinkSplitter, type ThinkSplitter } from "../think-tags.js";
import { readUsage } from "../usage.js";
import { readContentParts } from "./content.js";
import { ownCalls, saysSomething } from "./delta-fields.js";
import { OPENAI_WIRE } from "./messages.js";
import { createReasoningReader, type ReasoningReader } from "./reasoning.js";
import { createRestReader, type RestReader } from "./rest.js";
import { createThoughtLeaks, type ThoughtLeaks } from "./thought-leaks.js";
import { createToolCallReader, type ToolCallReader } from "./tool-calls.js";
import { createToolMarkup, type ToolMarkup } from "./tool-markup.js";

type Raw = { readonly [field: string]: unknown };

/** Reads the events of one answer; also the whole answer in one piece, which is an event with everything in it. */
export class OpenAIDecoder implements StreamDecoder {
  ended: false | "complete" | "cut" = false;
  readonly #call: WireCall;
  readonly #rest: RestReader;
  /** The head of every chunk, fixed by the first. */
  #head: Pick<ChatChunk, "id" | "created" | "model"> | undefined;
  #finish: FinishReason | undefined;
  #usage: Usage | undefined;
  #filtered = false;
  #hasText = false;
  #hasReasoning = false;
  #hasImages = false;
  #hasEndedTurn = false;
  /** Kept only if an answer may turn out to lie in the thinking. */
  #thought = "";
  /** Which choice is read, once an event has named one. */
  #index: unknown;
  #tools: ToolCallReader | undefined;
  readonly #reasoning: ReasoningReader = createReasoningReader();
  readonly #splitter: ThinkSplitter | undefined;
  readonly #cutter: StopCutter | undefined;
  readonly #markup: ToolMarkup | undefined;
  readonly #leaks: ThoughtLeaks | undefined;

  constructor(call: WireCall) {
    this.#call = call;
    this.#rest = createRestReader(call.provider);
    if (call.dialect.thinkTags) this.#splitter = createThinkSplitter();
    if (call.dialect.toolMarkup) this.#markup = createToolMarkup(call.request.tools);
    if (this.#markup !== undefined) this.#leaks = createThoughtLeaks(call.request.tools);
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

  /** What an event's object adds. `whole`: it is the answer in one piece. */
  read(raw: Raw, whole = false): ChatChunk | undefined {
    const { choices } = raw;
    if (raw.error || (raw.base_resp && isRefused(raw.base_resp))) throw this.#call.fail({ status: 200, body: raw });
    if (raw.usage || raw.x_groq) this.#readUsage(raw);
    if (raw.input_sensitive === true || raw.output_sensitive === true) this.#filtered = true;
    if (!Array.isArray(choices)) {
      if (readErrorBody(raw).isError) throw this.#call.fail({ status: 200, body: raw });
      return undefined;
    }
    this.#rest.read(raw);
    const choice = this.#choiceOf(choices);
    if (typeof choice !== "object" || choice === null) return undefined;
    if (choice.error) throw this.#call.fail({ status: 200, body: choice });
    if (choice.usage) this.#readUsage(choice);
    this.#rest.readChoice(choice);
    return this.#readChoice(choice, whole);
  }

  end(): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    if (this.#finish === undefined) {
      // "[DONE]" without a reason still says that the answer is whole; silence does not.
      if (this.ended !== "complete" || !(this.#speaks || this.#hasReasoning)) {
        throw new SignalboxError("stream_interrupted", "the stream ended before the answer did", {
          detail: "truncated",
          provider: this.#call.provider,
          model: this.#call.model.id,
        });
      }
      const last: Delta = {};
      this.#close(last, "stop");
      chunks.push(this.#chunk(last, this.#finish ?? null));
    }
    const rest = this.#chunk({}, null);
    rest.choices = [];
    const tells = this.#rest.tell(rest);
    if (this.#usage !== undefined) rest.usage = this.#usage;
    if (tells || this.#usage !== undefined) chunks.push(rest);
    return chunks;
  }

  /** Whether anything has come that an app can use. */
  get #speaks(): boolean {
    return this.#hasText || this.#hasImages || this.#tools !== undefined;
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

  #readUsage(raw: Raw): void {
    const usage = readUsage(raw.usage ?? (raw.x_groq as Raw).usage);
    if (usage !== undefined) this.#usage = usage;
  }

  #readChoice(choice: Raw, whole: boolean): ChatChunk | undefined {
    const delta: Delta = {};
    let says = false;
    for (const source of this.#sourcesOf(choice, whole)) says = this.#readDelta(source, delta, whole) || says;
    const reason = this.#finish === undefined ? choice.finish_reason : undefined;
    const finish = finishOf(reason, this.#tools?.count ?? 0);
    if (finish !== undefined) {
      this.#checkFinish(String(reason), says);
      // OpenRouter tells Claude's own word: a turn that it ended without words has nothing to say.
      this.#hasEndedTurn = choice.native_finish_reason === "end_turn" && !says && !this.#speaks && !this.#hasReasoning;
      if (saysMore(String(reason))) this.#rest.note("finish_reason", reason);
      this.#close(delta, finish);
      says = true;
    }
    if (this.#cutter?.cut && this.#finish === undefined) {
      this.#close(delta, "stop");
      this.ended = "cut";
      says = true;
    }
    const told = this.#finish !== undefined && says ? this.#finish : null;
    const chunk = says || choice.logprobs ? this.#chunk(delta, told) : undefined;
    if (chunk?.choices[0] !== undefined && choice.logprobs) chunk.choices[0].logprobs = choice.logprobs as Logprobs;
    if (chunk !== undefined && this.#finish !== undefined) this.#rest.tell(chunk);
    return chunk;
  }

  /**
   * Where a choice speaks. Some servers put a whole `message` beside an empty `delta` on a whole answer, and the text so
   * far beside the piece on every event: the message of a whole answer counts, and in a stream the delta, unless
   * nothing has been said when the message comes.
   */
  #sourcesOf({ message, delta }: Raw, whole: boolean): readonly Raw[] {
    const [all, piece] = [message, delta].map((each) =>
      typeof each === "object" && each !== null ? (each as Raw) : undefined,
    );
    if (all === undefined || piece === undefined) {
      // A last event that repeats the whole message: everything in it was said.
      const isRepeat = piece === undefined && this.#head !== undefined;
      const only = isRepeat ? undefined : (piece ?? all);
      return only === undefined ? [] : [only];
    }
    if (whole) return saysSomething(all) ? [all] : [piece];
    return !saysSomething(piece) && !this.#speaks && !this.#hasReasoning ? [all] : [piece];
  }

  /** Fills `delta` with what `source` says; whether it said anything. */
  #readDelta(source: Raw, delta: Delta, whole: boolean): boolean {
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
      // If a field speaks, the tags hold the same words again.
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
    if (thought !== undefined) says = this.#hear(thought, delta) || says;
    if (pieces.length > 0 || text?.trim()) says = this.#think(this.#leaks?.release(), delta) || says;
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
    says = this.#addCalls(pieces, delta, whole) || says;
    return this.#readMedia(source, delta) || says;
  }

  /** Whether the pieces say anything. */
  #addCalls(pieces: readonly unknown[], delta: Delta, whole: boolean): boolean {
    if (pieces.length === 0) return false;
    this.#tools ??= createToolCallReader(this.#rest.id, this.#call.request.tools);
    const read = this.#tools.read(pieces, whole);
    delta.tool_calls = delta.tool_calls ? [...delta.tool_calls, ...read] : read;
    if (this.#tools.count === 0) this.#tools = undefined;
    return read.length > 0;
  }

  /** Sources, sound and pictures, in the shapes that OpenAI and OpenRouter give them. */
  #readMedia({ annotations, audio, images }: Raw, delta: Delta): boolean {
    if (Array.isArray(annotations) && annotations.length > 0) delta.annotations = annotations as Annotation[];
    if (Array.isArray(images) && images.length > 0) delta.images = images as ReplyImage[];
    if (isSound(audio)) delta.audio = audio;
    if (delta.images !== undefined) this.#hasImages = true;
    if (delta.audio) this.#hasText = true;
    return delta.annotations !== undefined || delta.images !== undefined || Boolean(delta.audio);
  }

  /** Takes a piece of thinking, of which a call that may be in it is held back. */
  #hear(thought: string, delta: Delta): boolean {
    if (thought === "" || this.#leaks === undefined) return this.#think(thought, delta);
    return this.#think(this.#leaks.push(thought), delta);
  }

  #think(thought: string | undefined, delta: Delta): boolean {
    // An empty thought is told once: some vendors tell it from no thought at all.
    if (thought === undefined || (thought === "" && this.#hasReasoning)) return false;
    this.#hasReasoning = true;
    delta.reasoning_content = (delta.reasoning_content ?? "") + thought;
    if (this.#call.dialect.reasoningAsAnswer && !this.#hasText) this.#thought += thought;
    return true;
  }

  #checkFinish(reason: string, says: boolean): void {
    const isNothing = !says && !this.#speaks;
    if (this.#call.failsBy(reason) || (reason === WINDOW_EXCEEDED && isNothing)) {
      throw this.#call.fail({ status: 200, finishReason: reason });
    }
  }

  /** Ends the answer: lets go of what was held back, and adds what its issuer will want to see again. */
  #close(delta: Delta, finish: FinishReason): void {
    const rest = this.#splitter?.flush();
    if (rest?.reasoning && !this.#reasoning.speaks) this.#hear(rest.reasoning, delta);
    let text = rest?.text ?? "";
    if (this.#markup !== undefined) {
      const last = [this.#markup.push(text), this.#markup.flush()];
      text = last.map((each) => each.text).join("");
      this.#addCalls(
        last.flatMap(({ calls }) => calls),
        delta,
        false,
      );
    }
    if (this.#cutter !== undefined && !this.#cutter.cut) text = this.#cutter.push(text) + this.#cutter.flush();
    if (text !== "") {
      delta.content = (delta.content ?? "") + text;
      this.#hasText = true;
    }
    const drafted = this.#leaks?.end(!this.#speaks && (finish === "stop" || finish === "tool_calls"));
    if (drafted !== undefined) {
      this.#think(drafted.text || undefined, delta);
      this.#addCalls(drafted.calls, delta, false);
    }
    if (!this.#speaks && this.#filtered) this.#finish = "content_filter";
    else this.#finish = (this.#tools?.count ?? 0) > 0 && finish === "stop" ? "tool_calls" : finish;
    if (!this.#speaks && this.#finish === "stop" && this.#thought !== "") delta.content = this.#thought;
    if (this.#hasEndedTurn) delta.content ??= "";
    const data = this.#stateData();
    if (data !== undefined) delta.provider_state = { issuer: this.#call.provider, data };
  }

  /** What a later request needs to know of this answer's issuer; nothing if only the wire's name is left to say. */
  #stateData(): { [name: string]: unknown } | undefined {
    if (this.#hasEndedTurn) return { wire: OPENAI_WIRE, turn: true };
    const { details } = this.#reasoning;
    const data: { [name: string]: unknown } = { wire: OPENAI_WIRE };
    if (details !== undefined) data.details = details;
    else if (this.#hasReasoning) data.thought = true;
    if (this.#tools?.hasOwnMembers) data.calls = true;
    if (this.#hasImages) data.images = true;
    return Object.keys(data).length > 1 ? data : undefined;
  }

  #chunk(delta: Delta, finish: FinishReason | null): ChatChunk {
    if (this.#head === undefined) {
      const { id, created, model } = this.#rest;
      this.#head = {
        id: id === "" ? newReplyId() : id,
        created: created === 0 ? nowSeconds() : created,
        model: model === "" ? this.#call.model.id : model,
      };
      delta.role = "assistant";
    }
    const { id, created, model } = this.#head;
    const { fingerprint, tier } = this.#rest;
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const chunk: ChatChunk = { id, object: "chat.completion.chunk", created, model, choices };
    if (fingerprint !== undefined) chunk.system_fingerprint = fingerprint;
    if (tier !== undefined) chunk.service_tier = tier;
    return chunk;
  }

  #malformed(message: string, detail: string): SignalboxError {
    const { provider, model } = this.#call;
    return new SignalboxError("malformed_response", `${provider}: ${message}`, { detail, provider, model: model.id });
  }
}

/** Some gateways send the field with nothing in it. */
function isSound(audio: unknown): audio is Partial<ReplyAudio> {
  if (typeof audio !== "object" || audio === null) return false;
  const { id, data, transcript, expires_at } = audio as { [field: string]: unknown };
  return Boolean(id || data || transcript || expires_at);
}

/** MiniMax says `status_code: 0` on every good answer. */
function isRefused(base: unknown): boolean {
  const code = (base as { status_code?: unknown }).status_code;
  return code !== undefined && code !== null && code !== 0 && code !== "0";
}
