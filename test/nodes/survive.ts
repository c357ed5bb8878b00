/** Asks servers with hostile answers. Ends with 0 if every call ended as a reply or a typed error; the process may not die. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { createRouter, SignalboxError } from "../../src/index.js";
import { anthropicCompatible } from "../../src/vendors/anthropic-compatible.js";
import { openaiCompatible } from "../../src/vendors/openai-compatible.js";
import { type Answer, type Case, cases, MANY_CODINGS } from "./heads.js";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, runs: { type: "string", default: "600" } },
});
const AT_ONCE = 16;
const all: Case[] = [
  ...(["chat", "stream", "break", "abort", "probe"] as const).map(
    (call): Case => ({ answer: MANY_CODINGS, wire: "openai", call }),
  ),
  ...fc.sample(cases, { seed: Number(values.seed), numRuns: Number(values.runs) }),
];

const server = createServer((socket) => {
  let asked = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    asked += bytes.toString("latin1");
    const at = /^\w+ \/(\d+)\//.exec(asked)?.[1];
    if (at === undefined || !asked.includes("\r\n\r\n")) return;
    asked = "";
    write(socket, (all[Number(at)] as Case).answer);
  });
});

function write(socket: import("node:net").Socket, { pieces, end }: Answer): void {
  socket.write(pieces[0] ?? "");
  setTimeout(() => {
    if (pieces[1] !== undefined) socket.write(pieces[1]);
    if (end === "close") socket.end();
    else if (end === "reset") socket.resetAndDestroy();
  }, 5);
}

server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const capabilities = { tools: true, vision: false, thinking: "none", json: "schema" } as const;
const models = [{ id: "m", contextWindow: 10_000, maxOutput: 100, capabilities, usdPerMTok: null }];
const messages = [{ role: "user", content: "hi" }] as const;

async function ask({ wire, call }: Case, index: number): Promise<void> {
  const make = wire === "openai" ? openaiCompatible : anthropicCompatible;
  const provider = make({ id: "a", baseURL: `http://127.0.0.1:${port}/${index}`, apiKey: "key-of-the-test", models });
  const router = createRouter({ providers: [provider], retry: { attempts: 2 }, timeouts: { totalMs: 300 } });
  const controller = new AbortController();
  try {
    if (call === "chat") await router.chat({ messages });
    else if (call === "probe") await provider.probe(AbortSignal.timeout(300));
    else {
      if (call === "abort") setTimeout(() => controller.abort(), index % 12);
      for await (const _chunk of router.stream({ messages }, { signal: controller.signal }))
        if (call === "break") break;
    }
  } catch (error) {
    if (!SignalboxError.isInstance(error)) throw error;
  } finally {
    await router.close();
  }
}

for (let from = 0; from < all.length; from += AT_ONCE) {
  // On record before the calls: the last line tells which answers ended the process.
  process.stdout.write(`${from}\n`);
  await Promise.all(all.slice(from, from + AT_ONCE).map((each, i) => ask(each, from + i)));
}
// What a connection still reports comes after the last call.
await new Promise((resolve) => setTimeout(resolve, 500));
process.stdout.write("alive\n");
process.exit(0);
