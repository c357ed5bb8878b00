import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Agent, Dispatcher } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import type { Transport } from "../../../../src/contract/transport.js";
import { undiciTransport } from "../../../../src/integrations/undici/undici-transport.js";
import { createRouter } from "../../../../src/preset/create-router.js";
import { openaiCompatible } from "../../../../src/vendors/openai-compatible.js";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const MESSAGE = { role: "assistant", content: "clear" };
const ANSWER = JSON.stringify({ choices: [{ index: 0, message: MESSAGE, finish_reason: "stop" }] });
const ask = { messages: [{ role: "user" as const, content: "hi" }] };

async function textFrom(transport: Transport, url: string, signal = new AbortController().signal): Promise<string> {
  const answer = await transport.send({ url, method: "POST", headers: {}, body: "{}", signal });
  const reader = answer.body?.getReader();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (value !== undefined) pieces.push(value);
    if (done) return Buffer.concat(pieces).toString();
  }
}

describe("undiciTransport", () => {
  it.each([
    ["gzip", gzipSync(ANSWER)],
    ["br", brotliCompressSync(ANSWER)],
    ["gzip, br", brotliCompressSync(gzipSync(ANSWER))],
    ["identity", Buffer.from(ANSWER)],
  ])("takes off the content coding %s", async (coding, body) => {
    const url = await serve((_, response) => response.writeHead(200, { "content-encoding": coding }).end(body));
    expect(await textFrom(undiciTransport(), url)).toBe(ANSWER);
  });

  it("refuses an answer of many codings", async () => {
    const coding = "gzip, gzip, gzip, gzip, gzip, gzip";
    const url = await serve((_, response) => response.writeHead(200, { "content-encoding": coding }).end("x"));
    await expect(textFrom(undiciTransport(), url)).rejects.toThrow("6 content codings");
  });

  it("rejects a read while the connection breaks or the signal aborts", async () => {
    const url = await serve((request, response) => {
      response.writeHead(200).write("half");
      if (request.url === "/cut") setTimeout(() => response.destroy(), 20);
    });
    await expect(textFrom(undiciTransport(), `${url}/cut`)).rejects.toThrow();
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(new Error("left")), 20);
    await expect(textFrom(undiciTransport(), url, leaving.signal)).rejects.toThrow();
  });

  it("serves every provider of a router, unless one has its own way", async () => {
    const url = await serve((_, response) => response.end(ANSWER));
    const seen: string[] = [];
    const noting = (name: string): Transport => {
      const { send } = undiciTransport();
      return {
        send(request) {
          seen.push(`${name} ${request.method} ${new URL(request.url).pathname}`);
          return send(request);
        },
      };
    };
    const provider = (id: string, own?: { transport?: Transport; fetch?: typeof fetch }) =>
      openaiCompatible({ id, baseURL: url, models: ["m"], ...own });
    const router = createRouter({
      providers: [
        provider("plain"),
        provider("own", { transport: noting("own") }),
        provider("fetching", { transport: noting("own"), fetch: (...given) => fetch(...given) }),
      ],
      transport: noting("router"),
    });
    for (const id of ["plain", "own", "fetching"]) {
      expect((await router.chat(ask, { allow: [id] })).choices[0].message.content).toBe("clear");
    }
    expect(seen).toEqual(["router POST /chat/completions", "own POST /chat/completions"]);
    await router.close();
  });

  it("uses the dispatcher it is given", async () => {
    const url = await serve((_, response) => response.end("here"));
    const dispatcher = new Agent();
    expect(dispatcher).toBeInstanceOf(Dispatcher);
    expect(await textFrom(undiciTransport({ dispatcher }), url)).toBe("here");
    await dispatcher.close();
    await expect(textFrom(undiciTransport({ dispatcher }), url)).rejects.toThrow();
  });

  it("refuses options that cannot be right, by their path", () => {
    expect(() => undiciTransport({ dispatcher: {} as never })).toThrow(/dispatcher/);
    expect(() => undiciTransport({ agent: 1 } as never)).toThrow(/agent/);
    const providers = [openaiCompatible({ id: "a", baseURL: "http://127.0.0.1:1", models: ["m"] })];
    expect(() => createRouter({ providers, transport: {} as never })).toThrow(/transport/);
    const wrong = { id: "a", baseURL: "http://127.0.0.1:1", models: ["m"], transport: 1 as never };
    expect(() => openaiCompatible(wrong)).toThrow(/transport/);
  });
});
