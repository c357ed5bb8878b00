import type { ChatChunk, Delta, ToolCallDelta } from "./chunk.js";
import {
  type Annotation,
  isTurn,
  type ProviderState,
  type ReplyAudio,
  type ReplyImage,
  type ToolCall,
} from "./message.js";
import type { ChatReply, Extensions, FinishReason, Logprobs, ReplyMessage, ServiceTier } from "./reply.js";
import { copyUsage, readUsage, type Usage } from "./usage.js";
import { vendorName } from "./vendor-name.js";

/** Puts a streamed answer together. `push` costs the same however long the answer is. */
export interface Assembler {
  push(chunk: ChatChunk): void;
  readonly text: string;
  readonly reasoning: string;
  /** Whether any text, refusal, reasoning, sound, picture or tool call has come. */
  readonly hasContent: boolean;
  /** Whether anything has come that an app can use: all of the above but reasoning, or state that goes back. */
  readonly hasAnswer: boolean;
  /** `null` until the provider said why it stopped. */
  readonly finishReason: FinishReason | null;
  /** The first chunk that names its answer; `null` before it. */
  readonly head: ChatChunk | null;
  /** How many tool calls have begun. */
  readonly toolCalls: number;
  /** Whether one of them names no tool (yet). */
  readonly hasNamelessCall: boolean;
  /** `null` until the provider counted. */
  readonly usage: Usage | null;
  /** The answer so far; whether it is whole is for `finishReason` to say. */
  reply(): ChatReply;
}

interface OpenCall {
  id: string;
  name: string;
  /** Arguments of a function, input of a custom tool. */
  arguments: string;
  isCustom: boolean;
  /** Members of the vendor's own. */
  own: { [member: string]: unknown } | undefined;
}

/** An empty {@link Assembler}. Only the first choice is read: one answer per request is served. */
export function createAssembler(): Assembler {
  return new ChunkAssembler();
}

/** Whether a chunk says anything: text, refusal, reasoning, sound, a picture or a tool call. Roles and usage do not. */
export function hasContent(chunk: ChatChunk): boolean {
  const delta = chunk.choices[0]?.delta;
  return delta !== undefined && delta !== null && saysSomething(delta);
}

function saysSomething(delta: Delta): boolean {
  if (delta.content || delta.reasoning_content || delta.refusal || delta.audio) return true;
  if (Array.isArray(delta.images) && delta.images.length > 0) return true;
  return Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0;
}

/** What a piece of a tool call may hold; any other member is the vendor's own. */
const CALL_MEMBERS: ReadonlySet<string> = new Set(["index", "id", "type", "function", "custom"]);

class ChunkAssembler implements Assembler {
  #head: ChatChunk | null = null;
  #fingerprint: string | undefined;
  #content: string | null = null;
  #reasoning: string | null = null;
  #refusal: string | null = null;
  #calls: OpenCall[] = [];
  #current: OpenCall | undefined;
  #byIndex: Map<number, OpenCall> | undefined;
  #byId: Map<string, OpenCall> | undefined;
  #finish: FinishReason | null = null;
  #usage: Usage | null = null;
  #state: ProviderState | null = null;
  #logprobs: Logprobs | null = null;
  #annotations: Annotation[] | undefined;
  #images: ReplyImage[] | undefined;
  #audio: ReplyAudio | undefined;
  #tier: ServiceTier | undefined;
  #extensions: Extensions | undefined;
  #hasContent = false;

  get text(): string {
    return this.#content ?? "";
  }
  get reasoning(): string {
    return this.#reasoning ?? "";
  }
  get hasContent(): boolean {
    return this.#hasContent;
  }
  get hasAnswer(): boolean {
    if (this.#content || this.#refusal || this.#calls.length > 0) return true;
    return this.#audio !== undefined || this.#images !== undefined || isTurn(this.#state);
  }
  get finishReason(): FinishReason | null {
    return this.#finish;
  }
  get head(): ChatChunk | null {
    return this.#head;
  }
  get toolCalls(): number {
    return this.#calls.length;
  }
  get hasNamelessCall(): boolean {
    return this.#calls.some(({ name }) => name === "");
  }
  get usage(): Usage | null {
    return this.#usage;
  }

  push(chunk: ChatChunk): void {
    if (chunk.signalbox?.reset === true) this.#forget();
    if (this.#head === null || this.#head.id === "") this.#head = chunk;
    // Copies: whoever gets the chunk may change it.
    const usage = chunk.usage && readUsage(chunk.usage);
    if (usage) this.#usage = copyUsage(usage);
    if (chunk.system_fingerprint) this.#fingerprint = chunk.system_fingerprint;
    if (chunk.service_tier) this.#tier = chunk.service_tier;
    if (chunk.extensions) this.#extensions = joined(this.#extensions, chunk.extensions);
    const choice = chunk.choices[0];
    if (choice === undefined) return;
    if (choice.finish_reason) this.#finish = choice.finish_reason;
    if (choice.logprobs) this.#addLogprobs(choice.logprobs);
    const { delta } = choice;
    if (!delta) return;
    if (typeof delta.content === "string") this.#content = (this.#content ?? "") + delta.content;
    if (typeof delta.reasoning_content === "string") {
      this.#reasoning = (this.#reasoning ?? "") + delta.reasoning_content;
    }
    if (typeof delta.refusal === "string") this.#refusal = (this.#refusal ?? "") + delta.refusal;
    if (delta.provider_state) this.#state = structuredClone(delta.provider_state);
    if (delta.tool_calls) for (const piece of delta.tool_calls) this.#addCall(piece);
    if (delta.annotations) this.#annotations = pushAll(this.#annotations, structuredClone(delta.annotations));
    if (delta.images) this.#images = pushAll(this.#images, structuredClone(delta.images));
    if (delta.audio) this.#addAudio(delta.audio);
    if (!this.#hasContent) this.#hasContent = saysSomething(delta);
  }

  reply(): ChatReply {
    const head = this.#head;
    const message: ReplyMessage = { role: "assistant", content: this.#content, refusal: this.#refusal };
    if (this.#calls.length > 0) message.tool_calls = this.#calls.map((call, i) => this.#finished(call, i));
    if (this.#reasoning !== null) message.reasoning_content = this.#reasoning;
    if (this.#state !== null) message.provider_state = structuredClone(this.#state);
    if (this.#annotations !== undefined) message.annotations = structuredClone(this.#annotations);
    if (this.#images !== undefined) message.images = structuredClone(this.#images);
    if (this.#audio !== undefined) message.audio = { ...this.#audio };
    const finish = this.#finish ?? (this.#calls.length > 0 ? "tool_calls" : "stop");
    const reply: ChatReply = {
      id: vendorName(head?.id ?? ""),
      object: "chat.completion",
      created: head?.created ?? 0,
      model: vendorName(head?.model ?? ""),
      choices: [{ index: 0, finish_reason: finish, logprobs: this.#logprobs, message }],
    };
    if (this.#usage !== null) reply.usage = copyUsage(this.#usage);
    if (this.#fingerprint !== undefined) reply.system_fingerprint = this.#fingerprint;
    if (this.#tier !== undefined) reply.service_tier = this.#tier;
    if (this.#extensions !== undefined) reply.extensions = structuredClone(this.#extensions);
    return reply;
  }

  #finished({ id: given, name, arguments: text, isCustom, own }: OpenCall, index: number): ToolCall {
    // Some vendors give no id, and the tool's answer needs one to point to.
    const id = given === "" ? `call_${vendorName(this.#head?.id ?? "")}_${index}` : given;
    const call: ToolCall = isCustom
      ? { id, type: "custom", custom: { name, input: text } }
      : { id, type: "function", function: { name, arguments: text } };
    return own === undefined ? call : Object.assign(call, structuredClone(own));
  }

  /** A restarted stream: nothing said so far counts. */
  #forget(): void {
    this.#head = null;
    this.#fingerprint = undefined;
    this.#content = null;
    this.#reasoning = null;
    this.#refusal = null;
    this.#calls = [];
    this.#current = undefined;
    this.#byIndex = undefined;
    this.#byId = undefined;
    this.#finish = null;
    this.#usage = null;
    this.#state = null;
    this.#logprobs = null;
    this.#annotations = undefined;
    this.#images = undefined;
    this.#audio = undefined;
    this.#tier = undefined;
    this.#extensions = undefined;
    this.#hasContent = false;
  }

  #addAudio(piece: Partial<ReplyAudio>): void {
    this.#audio ??= { id: "", data: "", transcript: "", expires_at: 0 };
    const sum = this.#audio;
    if (piece.id) sum.id = piece.id;
    if (piece.data) sum.data += piece.data;
    if (piece.transcript) sum.transcript += piece.transcript;
    if (piece.expires_at) sum.expires_at = piece.expires_at;
  }

  #addCall(piece: ToolCallDelta): void {
    const call = this.#callOf(piece);
    this.#current = call;
    if (piece.id && call.id === "") this.#name(call, piece.id);
    if (piece.custom) {
      call.isCustom = true;
      if (piece.custom.name) call.name = piece.custom.name;
      if (typeof piece.custom.input === "string") call.arguments += piece.custom.input;
    }
    for (const member in piece) {
      if (CALL_MEMBERS.has(member)) continue;
      call.own ??= {};
      call.own[member] = (piece as unknown as { [member: string]: unknown })[member];
    }
    const named = piece.function;
    if (!named) return;
    if (named.name) call.name = named.name;
    if (typeof named.arguments === "string") call.arguments += named.arguments;
  }

  /** By id, then by index, then the one in hand: vendors leave out either, and some give every call index 0. */
  #callOf(piece: ToolCallDelta): OpenCall {
    const current = this.#current;
    const { id, index } = piece;
    if (id) {
      if (current?.id === id) return current;
      const known = this.#byId?.get(id);
      if (known !== undefined) return known;
    }
    const hasIndex = typeof index === "number";
    const there = hasIndex ? this.#byIndex?.get(index) : current;
    // A new id with a name begins a new call; a new id alone is a vendor that numbers its pieces.
    const begins = there === undefined || (id && there.id !== "" && (piece.function?.name || piece.custom?.name));
    if (!begins) return there;
    const call: OpenCall = { id: "", name: "", arguments: "", isCustom: false, own: undefined };
    this.#calls.push(call);
    if (id) this.#name(call, id);
    if (hasIndex) {
      this.#byIndex ??= new Map();
      this.#byIndex.set(index, call);
    }
    return call;
  }

  /** The first call of an id keeps it. A map, for an answer may hold any number of calls. */
  #name(call: OpenCall, id: string): void {
    call.id = id;
    this.#byId ??= new Map();
    if (!this.#byId.has(id)) this.#byId.set(id, call);
  }

  #addLogprobs(more: Logprobs): void {
    this.#logprobs ??= { content: null, refusal: null };
    const sum = this.#logprobs;
    if (more.content) sum.content = pushAll(sum.content, more.content);
    if (more.refusal) sum.refusal = pushAll(sum.refusal, more.refusal);
  }
}

function joined(sum: Extensions | undefined, more: Extensions): Extensions {
  const all: Extensions = { ...sum };
  for (const provider of Object.keys(more)) all[provider] = { ...all[provider], ...structuredClone(more[provider]) };
  return all;
}

function pushAll<T>(list: T[] | null | undefined, more: readonly T[]): T[] {
  const all = list ?? [];
  for (const item of more) all.push(item);
  return all;
}
