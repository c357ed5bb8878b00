import { createAssembler } from "../../../../src/chat/assemble.js";
import { chunksOf } from "../../../../src/chat/chunks.js";
import type { ChatReply } from "../../../../src/chat/reply.js";
import type { ChatRequest } from "../../../../src/chat/request.js";
import type { CallOptions } from "../../../../src/contract/call-options.js";
import type { CallContext, Provider } from "../../../../src/contract/provider.js";
import type { Route } from "../../../../src/contract/records.js";
import type { RouterLike } from "../../../../src/integrations/ai-sdk/index.js";
import { modelInfo } from "../support.js";

export const ROUTE: Route = {
  requestId: "req_1",
  provider: "glm",
  model: "m1",
  strategy: "adaptive",
  degraded: [],
  reasons: ["fast"],
  costUsd: 0.001,
  latencyMs: 12,
  ttftMs: 5,
  attempts: [{ provider: "glm", model: "m1", outcome: "success", latencyMs: 12, costUsd: 0.001 }],
  cache: { status: "miss", ageMs: undefined },
};

export interface FakeRouter extends RouterLike {
  readonly requests: ChatRequest[];
  readonly options: (CallOptions | undefined)[];
}

/** A router whose answers are given; each one is also streamed in pieces. */
export function fakeRouter(answer: (request: ChatRequest, call: number) => ChatReply | Error): FakeRouter {
  const requests: ChatRequest[] = [];
  const seen: (CallOptions | undefined)[] = [];
  const next = async (request: ChatRequest, options?: CallOptions): Promise<ChatReply> => {
    requests.push(request);
    seen.push(options);
    options?.signal?.throwIfAborted();
    const reply = answer(request, requests.length);
    if (reply instanceof Error) throw reply;
    return { ...reply, route: ROUTE } as ChatReply;
  };
  return {
    models: [modelInfo("m1")],
    requests,
    options: seen,
    chat: next,
    stream(request, options) {
      let whole: Promise<ChatReply> | undefined;
      const reply = (): Promise<ChatReply> => {
        whole ??= next(request, options);
        return whole;
      };
      return {
        get reply() {
          return reply();
        },
        async *[Symbol.asyncIterator]() {
          for (const chunk of chunksOf(await reply())) {
            await new Promise((resolve) => setImmediate(resolve));
            options?.signal?.throwIfAborted();
            yield chunk;
          }
        },
      };
    },
  };
}

export const contextOf = (signal = new AbortController().signal): CallContext => ({
  signal,
  requestId: "req_1",
  deadline: { remainingMs: () => 1_000 },
  attempts: { limit: 4, used: 0, take: () => true },
});

export const V3_USAGE = {
  inputTokens: { total: 12, noCache: 8, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 5, text: 3, reasoning: 2 },
};

export const STOP = { unified: "stop" as const, raw: "stop" };

export async function streamed(provider: Provider, request: ChatRequest, context = contextOf()): Promise<ChatReply> {
  const assembler = createAssembler();
  for await (const chunk of provider.stream!(request, context)) assembler.push(chunk);
  return assembler.reply();
}
