import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach } from "vitest";
import type { ChatChunk } from "../../../src/chat/chunk.js";
import type { CallContext, ModelInfo, Provider } from "../../../src/contract/provider.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { [field: string]: unknown };
  closed: boolean;
}

type Answer = (response: ServerResponse, seen: Seen) => unknown;

/** A server on loopback that gives one scripted answer after the other; the last one repeats. */
export async function startLoopback() {
  let script: Answer[] = [];
  let at = 0;
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const body = text === "" ? {} : (JSON.parse(text) as { [field: string]: unknown });
      const one: Seen = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
        closed: false,
      };
      seen.push(one);
      response.on("close", () => {
        one.closed = !response.writableEnded;
      });
      const answer = script[Math.min(at++, script.length - 1)];
      if (answer === undefined) response.writeHead(500).end("no script");
      else void answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  afterEach(() => {
    script = [];
    at = 0;
    seen.length = 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** The requests' bodies. */
    get bodies() {
      return seen.map(({ body }) => body);
    },
    answer(...answers: Answer[]): void {
      script = answers;
      at = 0;
      seen.length = 0;
    },
  };
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: { [name: string]: string } = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Events as one write; strings go out as they are, objects as JSON. */
export function sse(events: readonly unknown[], options: { done?: boolean } = {}): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(sseText(events, options));
  };
}

export function sseText(events: readonly unknown[], options: { done?: boolean } = {}): string {
  const lines = events.map((event) => (typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`));
  return lines.join("") + (options.done === false ? "" : "data: [DONE]\n\n");
}

/** An OpenAI chunk with this delta. */
export function chunk(delta: unknown, more: { [field: string]: unknown } = {}): unknown {
  const { finish_reason = null, ...rest } = more;
  return {
    id: "c1",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
    ...rest,
  };
}

/** A whole OpenAI answer with this message. */
export function whole(message: unknown, more: { [field: string]: unknown } = {}): { [field: string]: unknown } {
  const { finish_reason = "stop", ...rest } = more;
  return {
    id: "r1",
    object: "chat.completion",
    created: 1_790_000_000,
    model: "m",
    choices: [{ index: 0, message, finish_reason }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ...rest,
  };
}

/** What a router tells a provider, as little as is needed. */
export function context(more: Partial<CallContext> = {}): CallContext {
  return {
    signal: new AbortController().signal,
    deadline: { remainingMs: () => Number.POSITIVE_INFINITY },
    requestId: "req_test",
    attempts: { limit: 4, used: 1, take: () => true },
    ...more,
  };
}

export const MODEL: ModelInfo = {
  id: "m",
  contextWindow: 100_000,
  maxOutput: 8_000,
  usdPerMTok: { input: 1, output: 2 },
  capabilities: { tools: true, vision: "url", thinking: "switchable", json: "schema" },
};

/** Every chunk of a stream. */
export async function drain(stream: AsyncIterable<ChatChunk> | undefined): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = [];
  for await (const one of stream ?? []) chunks.push(one);
  return chunks;
}

/** The SignalboxError a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<SignalboxError> {
  try {
    await work;
  } catch (error) {
    if (SignalboxError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

export const HELLO = [{ role: "user" as const, content: "hello" }];

/** Both ways of asking, present. */
export type Full = Required<Pick<Provider, "chat" | "stream">> & Provider;
