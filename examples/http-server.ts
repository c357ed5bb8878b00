import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { createRouter, simulated } from "signalbox";

const model = simulated({
  id: "demo",
  reply: "It scatters blue light the most of all. ".repeat(100),
  tokensPerSecond: 50,
});
const router = createRouter({ providers: [model] });

// What an app offers to its browsers: a question in, server-sent events out.
const server = createServer(async (question, answer) => {
  const content = Buffer.concat(await question.toArray()).toString();
  const { status, headers, body } = await router.stream({ messages: [{ role: "user", content }] }).toResponse();
  answer.writeHead(status, Object.fromEntries(headers));
  // A browser that leaves closes the body, and that ends the call upstream: nobody pays for what nobody reads.
  await pipeline(body ?? [], answer).catch(() => {});
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

// A browser that closes its tab early.
const tab = new AbortController();
const response = await fetch(url, { method: "POST", body: "Why is the sky blue?", signal: tab.signal });
const first = await response.body?.getReader().read();
console.log(response.headers.get("content-type"), new TextDecoder().decode(first?.value).slice(0, 6));

const ended = new Promise<string>((resolve) => router.once("done", ({ outcome }) => resolve(outcome)));
tab.abort();
console.log(`the tab is closed: ${await ended} after ${model.calls} call`);

server.close();
await router.close();
