import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createRouter } from "signalbox";
import type { Row, Section } from "../row.js";
import { bareChat, messagesOf, PROMPT, providerOf } from "../stub.js";

const CLIENTS = 7;
const HANG_MS = 300;

interface Server {
  readonly url: string;
  readonly calls: () => number;
  close(): Promise<void>;
}

async function serve(listener: RequestListener): Promise<Server> {
  let calls = 0;
  const server = createServer((request, response) => {
    if (request.method === "POST") calls += 1;
    request.resume();
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls: () => calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
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
const say =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** A fetch that gives up, as one would write it by hand. */
const patient: typeof fetch = (url, init) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), HANG_MS);
  return fetch(url, { ...init, signal: controller.signal }).finally(() => clearTimeout(timer));
};

/** A bad first provider and a good second one over real sockets: how long until the good answer. */
export async function failover(): Promise<Section> {
  const good = await serve(say(200, GOOD));
  const gone = await serve(say(200, GOOD));
  await gone.close();
  const error = JSON.stringify({ error: { message: "mock", type: "server_error", code: null } });
  const bad: readonly { name: string; server: Server }[] = [
    { name: "refused", server: gone },
    { name: "500", server: await serve(say(500, error)) },
    { name: "429, Retry-After 1", server: await serve(say(429, error, { "retry-after": "1" })) },
    { name: "hang", server: await serve(() => {}) },
  ];
  const rows: Row[] = [];
  await bareChat(fetch, PROMPT, good.url);
  for (const { name, server } of bad) {
    const hang = name === "hang";
    const first: number[] = [];
    const later: number[] = [];
    const loop: number[] = [];
    let most = 0;
    for (let client = 0; client < CLIENTS; client += 1) {
      const router = createRouter({
        providers: [providerOf("bad", fetch, server.url), providerOf("good", fetch, good.url)],
        strategy: "ordered",
        ...(hang ? { timeouts: { headersMs: HANG_MS } } : {}),
      });
      const before = server.calls();
      const chat = (): Promise<unknown> => router.chat({ messages: messagesOf(PROMPT) });
      first.push(await timed(chat));
      for (let call = 1; call < 10; call += 1) later.push(await timed(chat));
      most = Math.max(most, server.calls() - before);
      await router.close();
      const ask = hang ? patient : fetch;
      loop.push(await timed(() => bareChat(ask, PROMPT, server.url).catch(() => bareChat(fetch, PROMPT, good.url))));
    }
    rows.push(
      hang
        ? {
            what: `hang, ${HANG_MS} ms budget, first call`,
            value: median(first),
            unit: "ms",
            bare: median(loop),
            target: HANG_MS + 3,
          }
        : { what: `${name}, first call`, value: median(first), unit: "ms", bare: median(loop), target: 5 },
      { what: `${name}, later calls`, value: median(later), unit: "ms", target: hang ? 3 : undefined },
    );
    if (hang) rows.push({ what: "hang, calls to the bad one in ten", value: most, unit: "calls", target: 2 });
  }
  await Promise.all(
    [good, ...bad.filter(({ name }) => name !== "refused").map(({ server }) => server)].map((server) => server.close()),
  );
  return {
    name: "failover",
    about: `median of ${CLIENTS} fresh routers, default settings; bare is try, catch, try the other`,
    rows,
  };
}
