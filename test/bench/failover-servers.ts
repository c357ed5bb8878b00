import { fork } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** How the first of two providers is bad. */
export const FAULTS = ["refused", "500", "429, Retry-After 1", "hang"] as const;
export type Fault = (typeof FAULTS)[number];

/** What `table.ts` is started with to be the servers. */
export const SERVERS_FLAG = "--failover-servers";

export interface FailoverServers {
  readonly good: string;
  readonly bad: Readonly<Record<Fault, string>>;
  /** Requests that the hanging one was sent so far. */
  hung(): Promise<number>;
  stop(): void;
}

interface Ready {
  readonly good: string;
  readonly bad: Readonly<Record<Fault, string>>;
}

/** Starts them in a process of their own, as vendors are: what they do takes no time of the caller's thread. */
export async function startServers(): Promise<FailoverServers> {
  const child = fork(process.argv[1] as string, [SERVERS_FLAG], { stdio: "inherit" });
  const told = <T>(): Promise<T> => new Promise((resolve) => child.once("message", (message) => resolve(message as T)));
  const { good, bad } = await told<Ready>();
  return {
    good,
    bad,
    async hung() {
      const answer = told<number>();
      child.send("hung");
      return answer;
    },
    stop: () => child.disconnect(),
  };
}

const GOOD = JSON.stringify({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "mock-model",
  choices: [{ index: 0, message: { role: "assistant", content: "x".repeat(200) }, finish_reason: "stop" }],
  usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 },
});
const ERROR = JSON.stringify({ error: { message: "mock", type: "server_error", code: null } });

/** The servers themselves, until the process that started them lets go. */
export async function serveFailover(): Promise<void> {
  let hung = 0;
  const gone = await serve(() => {});
  const bad: Record<Fault, string> = {
    refused: gone.url,
    "500": (await serve(say(500, ERROR))).url,
    "429, Retry-After 1": (await serve(say(429, ERROR, { "retry-after": "1" }))).url,
    hang: (await serve(() => void hung++)).url,
  };
  gone.close();
  const ready: Ready = { good: (await serve(say(200, GOOD))).url, bad };
  process.once("disconnect", () => process.exit());
  process.on("message", () => process.send?.(hung));
  process.send?.(ready);
}

async function serve(listener: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close: () => void server.close() };
}

function say(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
}
