import type { ChatChunk, Delta } from "../../../src/chat/chunk.js";
import { chunksOf } from "../../../src/chat/chunks.js";
import { createReply } from "../../../src/chat/create-reply.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import type { CallContext, ModelInfo, Provider } from "../../../src/contract/provider.js";

export const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 5,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

export function modelInfo(id: string, more: Partial<ModelInfo> = {}): ModelInfo {
  return {
    id,
    contextWindow: 100_000,
    maxOutput: 10_000,
    capabilities: { tools: true, vision: "url", thinking: "switchable", json: "schema" },
    usdPerMTok: { input: 1, cacheRead: 0.1, output: 2 },
    ...more,
  };
}

export function deltaChunk(delta: Delta, finish: "stop" | "tool_calls" | null = null): ChatChunk {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "m1",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

export interface Seen {
  readonly requests: ChatRequest[];
  readonly contexts: CallContext[];
  /** How often a stream was left before its end. */
  left: number;
}

export interface Scripted extends Provider {
  readonly seen: Seen;
}

/** A provider that answers what it is told to, and remembers what it was asked. */
export function scripted(
  answer: (request: ChatRequest, call: number, context: CallContext) => ChatReply | Error | Promise<ChatReply>,
  options: { readonly id?: string; readonly chunks?: (request: ChatRequest) => readonly (ChatChunk | Error)[] } = {},
): Scripted {
  const seen: Seen = { requests: [], contexts: [], left: 0 };
  const next = async (request: ChatRequest, context: CallContext): Promise<ChatReply> => {
    seen.requests.push(request);
    seen.contexts.push(context);
    const reply = await answer(request, seen.requests.length, context);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  return {
    id: options.id ?? "double",
    models: [modelInfo("m1"), modelInfo("m2", { asOf: "2026-01-01" })],
    seen,
    chat: next,
    async *stream(request, context) {
      let whole = false;
      try {
        const { chunks } = options;
        if (chunks) {
          seen.requests.push(request);
          seen.contexts.push(context);
        }
        for (const chunk of chunks ? chunks(request) : chunksOf(await next(request, context))) {
          if (chunk instanceof Error) throw chunk;
          yield chunk;
          // One event per turn of the loop, as from a socket.
          await new Promise((resolve) => setImmediate(resolve));
        }
        whole = true;
      } finally {
        if (!whole) seen.left++;
      }
    },
  };
}

export const says = (text: string): ChatReply => createReply({ text, model: "m1", usage: USAGE });

/** Resolves when the signal does. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
