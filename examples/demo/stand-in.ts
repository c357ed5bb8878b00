import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "signalbox/testing";
import { type Answer, type ChatBody, composeAnswer, PromptMemory } from "./answers.js";

/** How one vendor words things on the wire; everything else about a stand-in is shared. */
export interface Wire {
  readonly vendor: string;
  /** Where its chat route lives below the server's root. */
  readonly basePath: string;
  body(answer: Answer): unknown;
  events(answer: Answer, includeUsage: boolean): unknown[];
  failure(kind: "rate_limit" | "server"): { status: number; body: unknown };
}

export interface StandInOptions {
  readonly wire: Wire;
  readonly seed: number;
  /** Fastest and slowest time to the first byte, milliseconds. */
  readonly firstTokenMs: readonly [number, number];
  readonly tokensPerSecond: number;
  /** Share of calls that end in an error of the vendor's, 0..1. */
  readonly failureRate: number;
}

/** Every so many calls, one is told that there were too many. */
const RATE_LIMIT_EVERY = 120;

export interface StandIn {
  readonly baseURL: string;
  readonly calls: number;
  /** While `true`, every call is left waiting, cut, or answered with 500. */
  down: boolean;
  close(): Promise<void>;
}

/** Starts a loopback server that answers as one vendor would, with seeded delays and errors. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { wire } = options;
  const random = seededRandom(options.seed);
  const memory = new PromptMemory();
  let calls = 0;
  let down = false;
  let lost = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") return sendJson(response, 200, { object: "list", data: [] });
    const body = JSON.parse(await textOf(request)) as ChatBody;
    if (!request.url?.endsWith("/chat/completions"))
      return sendJson(response, 404, { error: { message: "not found" } });
    calls += 1;
    if (down) {
      lost += 1;
      if (lost <= 2) return; // silent at first, as an overloaded gateway is
      if (lost % 2 === 0) return void request.socket.destroy();
      return sendJson(response, 500, { error: { message: "internal server error" } });
    }
    const [fastest, slowest] = options.firstTokenMs;
    await wait(fastest + (slowest - fastest) * random() ** 3);
    const tooMany = calls % RATE_LIMIT_EVERY === 0;
    if (tooMany || random() < options.failureRate) {
      const { status, body: words } = wire.failure(tooMany ? "rate_limit" : "server");
      return sendJson(response, status, words);
    }
    const reply = composeAnswer(wire.vendor, body, memory, random);
    const writingMs = (reply.completionTokens / options.tokensPerSecond) * 1_000;
    if (body.stream !== true) {
      await wait(writingMs);
      return sendJson(response, 200, wire.body(reply));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const events = wire.events(reply, body.stream_options?.include_usage === true);
    for (const event of events) {
      if (response.destroyed) return;
      response.write(`data: ${JSON.stringify(event)}\n\n`);
      await wait(writingMs / events.length);
    }
    response.end("data: [DONE]\n\n");
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}${wire.basePath}`,
    get calls() {
      return calls;
    },
    get down() {
      return down;
    },
    set down(value: boolean) {
      down = value;
      lost = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) text += piece;
  return text;
}
