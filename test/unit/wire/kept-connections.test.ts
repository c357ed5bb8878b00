import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { createReply, createRouter, openaiCompatible } from "signalbox";
import { testModel } from "signalbox/testing";
import { undiciTransport } from "signalbox/undici";
import { afterEach, describe, expect, test } from "vitest";
import { ask, failureOf } from "../engine/support.js";

const BODY = JSON.stringify(createReply({ model: "m", text: "fine" }));
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`;

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that does as told with each request, by its number on its connection. */
async function serve(each: (socket: Socket, request: number) => void) {
  let connections = 0;
  let requests = 0;
  server = createServer((socket) => {
    connections += 1;
    let count = 0;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      // A body may come in a piece of its own.
      if (!bytes.includes("POST ")) return;
      requests += 1;
      count += 1;
      each(socket, count);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { baseURL: `http://127.0.0.1:${port}/v1`, seen: () => ({ connections, requests }) };
}

function routerTo(baseURL: string, how: "fetch" | "undici") {
  const transport = how === "undici" ? { transport: undiciTransport() } : {};
  const provider = openaiCompatible({ id: "a", baseURL, models: [testModel("m")], ...transport });
  const router = createRouter({ providers: [provider], retry: { attempts: 1 } });
  return router;
}

describe.each(["fetch", "undici"] as const)("a kept-alive connection that the server closes (%s)", (how) => {
  test("is nobody's failure: the call goes out again at once", async () => {
    const { baseURL } = await serve((socket, request) => {
      if (request === 1) socket.write(ANSWER);
      else socket.resetAndDestroy();
    });
    const router = routerTo(baseURL, how);
    const outcomes: string[] = [];
    router.on("attempt", ({ outcome }) => outcomes.push(outcome));
    for (let i = 0; i < 20; i += 1) await router.chat(ask(`${i}`));
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => "success"));
    await router.close();
  });

  test("a new connection that is reset is a failure, and is sent once", async () => {
    const { baseURL, seen } = await serve((socket) => socket.resetAndDestroy());
    const router = routerTo(baseURL, how);
    expect(await failureOf(router.chat(ask()))).toMatchObject({ kind: "network", detail: "reset" });
    expect(seen()).toEqual({ connections: 1, requests: 1 });
    await router.close();
  });

  test("a server that resets everything from now on gets few more calls, and those only once", async () => {
    let well = true;
    const { baseURL, seen } = await serve((socket) => (well ? socket.write(ANSWER) : socket.resetAndDestroy()));
    const router = routerTo(baseURL, how);
    await router.chat(ask("first"));
    well = false;
    expect((await failureOf(router.chat(ask("second")))).kind).toBe("network");
    expect(seen().requests).toBe(5);
    expect((await failureOf(router.chat(ask("third")))).kind).toBe("network");
    expect(seen().requests).toBe(6);
    await router.close();
  });

  test("one that breaks inside an answer is a failure", async () => {
    let first = true;
    const { baseURL, seen } = await serve((socket) => {
      if (first) socket.write(ANSWER);
      else {
        socket.write(ANSWER.slice(0, -10));
        setTimeout(() => socket.resetAndDestroy(), 20);
      }
    });
    const router = routerTo(baseURL, how);
    await router.chat(ask("first"));
    first = false;
    expect((await failureOf(router.chat(ask("second")))).kind).toBe("network");
    expect(seen().requests).toBe(2);
    await router.close();
  });
});
