import type { ChatChunk, Delta } from "../../chat/chunk.js";
import type { FunctionToolCall } from "../../chat/message.js";
import type { FinishReason } from "../../chat/reply.js";
import { newReplyId, nowSeconds } from "../../chat/reply-id.js";
import { type Usage, usageOf } from "../../chat/usage.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { keepParts } from "./kept-parts.js";
import type { AnswerPart, StreamPart } from "./model-like.js";
import { field } from "./part-state.js";

/** A finish reason of any spec in our words; `null` where the model never said why it stopped. */
export function finishOf(reason: unknown): FinishReason | "error" | null {
  const unified = typeof reason === "string" ? reason : field(reason, "unified");
  switch (unified) {
    case "stop":
    case "length":
    case "error":
      return unified;
    case "tool-calls":
      return "tool_calls";
    case "content-filter":
      return "content_filter";
    case "other":
      // Models begin with this word and replace it by the vendor's: without one the answer was cut.
      return typeof reason === "string" || field(reason, "raw") !== undefined ? "stop" : null;
    default:
      return null;
  }
}

/** The vendor's own word for it, since spec v3. */
export function rawFinishOf(reason: unknown): string | undefined {
  const raw = field(reason, "raw");
  return typeof raw === "string" ? raw : undefined;
}

/** Usage of any spec: flat numbers in v2, split ones since v3. `undefined` where the model did not count. */
export function usageFrom(usage: unknown): Usage | undefined {
  const input = field(usage, "inputTokens");
  const output = field(usage, "outputTokens");
  const total = numberOf(typeof input === "number" ? input : field(input, "total"));
  const written = numberOf(typeof output === "number" ? output : field(output, "total"));
  if (total === undefined || written === undefined) return undefined;
  const cacheRead = numberOf(field(input, "cacheRead") ?? field(usage, "cachedInputTokens")) ?? 0;
  const cacheWrite = numberOf(field(input, "cacheWrite")) ?? 0;
  const reasoning = numberOf(field(output, "reasoning") ?? field(usage, "reasoningTokens")) ?? 0;
  // Reasoning that is counted apart makes more than the total: the total is what was written.
  const all = Math.max(written, reasoning);
  const fresh = Math.max(0, total - cacheRead - cacheWrite);
  return usageOf({ input: fresh, cacheRead, cacheWrite, output: all, reasoning, estimated: false });
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A tool call of an answer; `undefined` where the vendor ran it itself. */
export function callOf(part: AnswerPart): FunctionToolCall | undefined {
  if (part.type !== "tool-call" || part.providerExecuted === true) return undefined;
  const args = typeof part.input === "string" ? part.input : JSON.stringify(part.input ?? {});
  return { id: part.toolCallId ?? "", type: "function", function: { name: part.toolName ?? "", arguments: args } };
}

type Kept = { -readonly [Name in keyof AnswerPart]: AnswerPart[Name] };

interface BegunCall {
  readonly index: number;
  /** The arguments that were passed on so far. */
  told: string;
}

export interface ChunkWriter {
  push(part: StreamPart): ChatChunk[];
  /** Whether the model has said why it stopped; a stream that ends before that was cut. */
  readonly finished: boolean;
}

/** Turns stream parts into chunks. `push` gives the chunks of one part; an error part is thrown. */
export function createChunkWriter(issuer: string, model: string): ChunkWriter {
  const head = { id: "", created: nowSeconds(), model };
  const calls = new Map<string, BegunCall>();
  const kept: Kept[] = [];
  let modelId: string | undefined;
  const open = new Map<string, Kept>();

  let begun = false;
  const chunk = (delta: Delta, finish: FinishReason | null = null): ChatChunk => {
    const first = !begun;
    begun = true;
    if (head.id === "") head.id = newReplyId();
    const told: Delta = first ? { role: "assistant", ...delta } : delta;
    return { ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta: told, finish_reason: finish }] };
  };
  /** The block that a text or reasoning part belongs to; one is begun where the model left out its start. */
  const block = (part: StreamPart, type: string): Kept => {
    const key = `${type} ${part.id ?? ""}`;
    let block = open.get(key);
    if (!block) {
      block = { type, text: "" };
      open.set(key, block);
      kept.push(block);
    }
    if (part.providerMetadata) block.providerMetadata = { ...block.providerMetadata, ...part.providerMetadata };
    if (part.type.endsWith("-end")) open.delete(key);
    return block;
  };
  const say = (part: StreamPart, type: "text" | "reasoning"): ChatChunk[] => {
    const said = block(part, type);
    if (!part.type.endsWith("-delta") || !part.delta) return [];
    said.text += part.delta;
    return [chunk(type === "text" ? { content: part.delta } : { reasoning_content: part.delta })];
  };
  const beginCall = (id: string, name: string, args: string): ChatChunk => {
    const index = calls.size;
    calls.set(id, { index, told: args });
    return chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }] });
  };
  const addArguments = (call: BegunCall | undefined, args: string | undefined): ChatChunk[] => {
    if (!call || !args) return [];
    call.told += args;
    return [chunk({ tool_calls: [{ index: call.index, function: { arguments: args } }] })];
  };
  /** The whole call: it has the last word where less was streamed of it. */
  const addCall = (part: StreamPart): ChatChunk[] => {
    const { id: _id, delta: _delta, ...whole } = part;
    kept.push(whole);
    const call = callOf(part);
    if (!call) return [];
    const begun = calls.get(call.id);
    const { name, arguments: args } = call.function;
    if (!begun) return [beginCall(call.id, name, args)];
    return args.startsWith(begun.told) ? addArguments(begun, args.slice(begun.told.length)) : [];
  };
  const finish = (part: StreamPart): ChatChunk[] => {
    const reason = finishOf(part.finishReason);
    if (reason === null) return [];
    reader.finished = true;
    if (reason === "error") throw new SignalboxError("server", "The model stopped because of an error");
    const { providerMetadata, finishReason } = part;
    const state = keepParts(kept, issuer, { providerMetadata, modelId, rawFinish: rawFinishOf(finishReason) });
    const last = chunk(state ? { provider_state: state } : {}, reason);
    const usage = usageFrom(part.usage);
    return usage ? [last, { ...last, choices: [], usage }] : [last];
  };

  const reader: ChunkWriter & { finished: boolean } = {
    finished: false,
    push(part) {
      switch (part.type) {
        case "response-metadata":
          modelId = part.modelId ?? modelId;
          if (begun) return [];
          if (part.id) head.id = part.id;
          if (part.timestamp instanceof Date) head.created = Math.floor(part.timestamp.getTime() / 1_000);
          return [];
        case "text-start":
        case "text-delta":
        case "text-end":
          return say(part, "text");
        case "reasoning-start":
        case "reasoning-delta":
        case "reasoning-end":
          return say(part, "reasoning");
        case "tool-input-start":
          return part.providerExecuted === true ? [] : [beginCall(part.id ?? "", part.toolName ?? "", "")];
        case "tool-input-delta":
          return addArguments(calls.get(part.id ?? ""), part.delta);
        case "tool-call":
          return addCall(part);
        case "source":
        case "file":
        case "reasoning-file":
        case "custom":
        case "tool-result":
        case "tool-approval-request":
          kept.push(part as AnswerPart);
          return [];
        case "finish":
          return finish(part);
        case "error":
          throw part.error;
        default:
          return [];
      }
    },
  };
  return reader;
}
