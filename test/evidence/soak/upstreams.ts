/**
 * The vendors of the soak, in a process of their own: three OpenAI-shaped servers on loopback. In `mixed` mode one
 * request in ten goes wrong, in `down` mode all of them do. The parent switches modes and asks for counts over IPC.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { seededRandom } from "../../../src/core/random.js";
import { completion, DONE, delta, finishEvent, roleEvent, textEvent, usageEvent } from "../../../src/testing/index.js";
import type { Counts, FromUpstreams, Mode, ToUpstreams } from "./messages.js";

const WORDS = "signals are set the points are thrown and the line ahead is clear".split(" ");
const CHUNKS = 8;
const GAP_MS = 250;
/** An idle connection goes this soon, so that a quiet moment is really quiet. */
const KEEP_ALIVE_MS = 2_000;
/** A thousand callers connect at once: past the usual 511 the kernel would drop them, to try again seconds later. */
const BACKLOG = 4_096;

type Fault = "500" | "429" | "reset" | "cut" | "stall" | "silent";
/** Of 1,000 requests 100 go wrong, in these ways. */
const FAULTS: readonly (readonly [Fault, number])[] = [
  ["500", 35],
  ["429", 15],
  ["reset", 20],
  ["cut", 20],
  ["stall", 10],
];
/** Of 1,000 requests to the last line so many are not even begun to be answered: that opens its breaker at once. */
const SILENT = 1;

interface Asked {
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
}

let mode: Mode = "mixed";
const counts: Counts = { requests: 0, faults: 0, open: 0, lateMs: 0 };
const delay = monitorEventLoopDelay();
delay.enable();

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function pickFault(random: () => number, last: boolean): Fault | undefined {
  if (mode === "good") return undefined;
  if (mode === "down") return random() < 0.8 ? "500" : "reset";
  if (last && random() * 1_000 < SILENT) return "silent";
  let at = random() * 1_000;
  for (const [fault, weight] of FAULTS) {
    if (at < weight) return fault;
    at -= weight;
  }
  return undefined;
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Goes wrong before any word was said. Returns whether it did. */
function failEarly(fault: Fault | undefined, response: ServerResponse): boolean {
  if (fault === "500") sendJson(response, 500, { error: { message: "boiler out", type: "server_error" } });
  else if (fault === "429") {
    const body = { error: { message: "slow down", type: "rate_limit_error", code: "rate_limit_exceeded" } };
    sendJson(response, 429, body, { "retry-after-ms": "40" });
  } else if (fault === "reset") response.socket?.resetAndDestroy();
  else return fault === "silent";
  return true;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  random: () => number,
  last: boolean,
): Promise<void> {
  if (request.method === "GET") {
    // Slowly, so that all who ask at once hold a connection each.
    await wait(1_000);
    return sendJson(response, 200, { object: "list", data: [] });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { stream: streamed = false, messages } = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
  counts.requests += 1;
  const fault = pickFault(random, last);
  if (fault) counts.faults += 1;
  if (mode !== "down") await wait(20 + random() * 100);
  if (failEarly(fault, response)) return;
  const words = Array.from({ length: CHUNKS }, () => ` ${WORDS[Math.floor(random() * WORDS.length)]}`);
  words[0] = `To ${messages.at(-1)?.content}:`;
  if (streamed) return stream(response, words, fault, random);
  await wait(CHUNKS * GAP_MS * (0.5 + random()));
  if (!fault) return sendJson(response, 200, completion(`${words.join("")}.`));
  response.writeHead(200, { "content-type": "application/json", "content-length": "2000" });
  response.write('{"id":"chatcmpl-1","object":"chat.comp');
  if (fault === "cut") setTimeout(() => response.destroy(), 5);
}

async function stream(
  response: ServerResponse,
  words: string[],
  fault: Fault | undefined,
  random: () => number,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(roleEvent());
  if (random() < 0.2) response.write(delta({ reasoning_content: "Let me look." }));
  const badAt = fault ? Math.floor(random() * CHUNKS) : -1;
  for (const [index, word] of words.entries()) {
    if (response.destroyed) return;
    if (index === badAt) {
      if (fault === "cut") response.destroy();
      // A stall: silent until the client leaves.
      return;
    }
    response.write(textEvent(word));
    await wait(GAP_MS * (0.5 + random()));
  }
  response.write(textEvent("."));
  response.write(finishEvent());
  response.write(usageEvent({ prompt_tokens: 20, completion_tokens: CHUNKS + 1, total_tokens: 21 + CHUNKS }));
  response.end(DONE);
}

function listen(seed: number, last: boolean): Promise<Server> {
  const random = seededRandom(seed);
  const server = createServer((request, response) => {
    response.on("error", () => {});
    // A client that leaves while its request is read is expected here.
    answer(request, response, random, last).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("connection", (socket) => {
    counts.open += 1;
    socket.on("close", () => {
      counts.open -= 1;
    });
  });
  return new Promise((resolve) =>
    server.listen({ port: 0, host: "127.0.0.1", backlog: BACKLOG }, () => resolve(server)),
  );
}

const say = (message: FromUpstreams): void => void process.send?.(message);

process.on("message", (message: ToUpstreams) => {
  if (message.mode) mode = message.mode;
  say({ answers: message.id, counts: { ...counts, lateMs: delay.percentile(99) / 1e6 } });
  delay.reset();
});
// The parent is gone, or done.
process.on("disconnect", () => process.exit(0));

Promise.all([1, 2, 3].map((seed) => listen(seed, seed === 3))).then((servers) => {
  say({ ports: servers.map((server) => (server.address() as AddressInfo).port) });
});
