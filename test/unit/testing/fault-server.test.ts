import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  after,
  answers,
  createBlackhole,
  createFaultServer,
  DONE,
  type FaultServer,
  faultFetch,
  finishEvent,
  json,
  networkError,
  refusedUrl,
  resetOnAccept,
  roleEvent,
  silence,
  stream,
  streamOf,
  textEvent,
  VENDOR_ERRORS,
  vendorError,
} from "../../../src/testing/index.js";

let server: FaultServer;
beforeEach(async () => {
  server = await createFaultServer();
});
afterEach(() => server.close());

const ask = (body: object = {}, signal?: AbortSignal) =>
  fetch(`${server.url}/chat/completions`, { method: "POST", body: JSON.stringify(body), ...(signal && { signal }) });

describe("fault server", () => {
  it("plays its script in order, then what follows it", async () => {
    server.script(json(500, { no: 1 }), answers("one")).otherwise(answers("more"));
    expect((await ask()).status).toBe(500);
    const texts = [await ask(), await ask(), await ask()].map(async (answer) => {
      const body = (await answer.json()) as { choices: { message: { content: string } }[] };
      return body.choices[0]?.message.content;
    });
    expect(await Promise.all(texts)).toEqual(["one", "more", "more"]);
  });

  it("answers as a stream where one is asked for", async () => {
    server.script(
      answers("Hello big world", { reasoning: "hm", toolCalls: [{ id: "c", name: "f", arguments: "{}" }] }),
    );
    const answer = await ask({ stream: true });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const events = (await answer.text())
      .trim()
      .split("\n\n")
      .map((event) => event.slice(6));
    expect(events.at(-1)).toBe("[DONE]");
    const deltas = events.slice(0, -1).map((event) => JSON.parse(event).choices[0]?.delta ?? {});
    expect(deltas.map(({ content }) => content ?? "").join("")).toBe("Hello big world");
    expect(deltas.some(({ reasoning_content }) => reasoning_content === "hm")).toBe(true);
    expect(deltas.some(({ tool_calls }) => tool_calls?.[0].id === "c")).toBe(true);
  });

  it("records requests: body, headers, path, and the connection they came on", async () => {
    await (await ask({ model: "m", messages: [] })).text();
    await (await fetch(`${server.url}/models`)).text();
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]).toMatchObject({ index: 0, method: "POST", path: "/v1/chat/completions", connection: 0 });
    expect(server.requests[0]?.json()).toEqual({ model: "m", messages: [] });
    expect(server.requests[1]).toMatchObject({ index: 1, method: "GET", path: "/v1/models", body: "" });
  });

  it("waits for requests and for silence, and says what it waited for", async () => {
    server.script(after(20, answers("later")));
    const asked = ask();
    await server.received(1);
    expect(server.busy).toBe(1);
    await asked;
    await server.idle();
    expect(server.busy).toBe(0);
    await expect(server.received(9, 10)).rejects.toThrow("waited 10 ms for 9 requests");
  });

  it("sees a client leave", async () => {
    const controller = new AbortController();
    server.script(silence());
    const asked = ask({}, controller.signal).catch(() => "gone");
    await server.received(1);
    controller.abort();
    expect(await asked).toBe("gone");
    await server.idle();
    await expect.poll(() => server.open, { timeout: 15_000 }).toBe(0);
  });

  it("acts on a connection before a request is read", async () => {
    server.script(resetOnAccept());
    const code = await new Promise((resolve) => {
      connect(server.port, "127.0.0.1").on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(code).toBe("ECONNRESET");
    expect(server.requests).toHaveLength(0);
  });

  it("resets a connection whose fault throws", async () => {
    server.script({ name: "broken", run: () => Promise.reject(new Error("a bug in a script")) });
    await expect(ask()).rejects.toThrow("fetch failed");
  });

  it("plays streams piece by piece, to any end", async () => {
    server.script(stream([roleEvent(), textEvent("Hel"), 5, textEvent("lo"), finishEvent(), DONE]));
    expect((await (await ask({ stream: true })).text()).split("data: ")).toHaveLength(6);
    server.script(stream([textEvent("Hel")], "rst"));
    await expect((await ask({ stream: true })).text()).rejects.toThrow("terminated");
    expect(streamOf("a b", { usage: null })).toHaveLength(5);
  });

  it("knows the errors of the vendors", async () => {
    for (const errors of Object.values(VENDOR_ERRORS)) {
      for (const error of Object.values(errors)) {
        server.script(vendorError(error));
        const answer = await ask();
        expect(answer.status).toBe(error.status);
        expect(await answer.json()).toEqual(error.body);
      }
    }
  });

  it("reads a request that comes in pieces, and two that come at once", async () => {
    const body = '{"a":1}';
    const request = `POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = connect(server.port, "127.0.0.1").setNoDelay(true);
    for (const byte of request) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server.received(1);
    socket.write(request + request);
    await server.received(3);
    expect(server.requests.map(({ body: seen }) => seen)).toEqual([body, body, body]);
    socket.destroy();
  });
});

describe("a fault server that closed", () => {
  it.each([0, 1, 2])("leaves no connection to who gets its port %i turns later", async (turns) => {
    const sent = { method: "POST", body: "x" };
    for (let n = 0; n < 20; n++) {
      const first = await createFaultServer();
      await (await fetch(first.url, sent)).text();
      await first.close();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      const next = createServer((_request, response) => response.end("next"));
      await new Promise<void>((resolve) => next.listen(first.port, "127.0.0.1", resolve));
      expect(await (await fetch(first.url, sent)).text()).toBe("next");
      await new Promise((resolve) => next.close(resolve).closeAllConnections());
    }
  });
});

describe("addresses that do not answer", () => {
  it("refuse, or say nothing", async () => {
    const refused = await fetch(await refusedUrl()).catch((error) => error.cause.code);
    expect(refused).toBe("ECONNREFUSED");
    const blackhole = await createBlackhole();
    const outcome = await fetch(blackhole.url, { signal: AbortSignal.timeout(100) }).catch((error) => error.name);
    expect(outcome).toBe("TimeoutError");
    await blackhole.close();
  });
});

describe("a fetch that fails as told", () => {
  it("throws what Node's fetch throws, then passes", async () => {
    const faulty = faultFetch(["ENOTFOUND", new Error("mine"), "pass", async () => new Response("made up")]);
    const codes: unknown[] = [];
    for (let n = 0; n < 2; n++)
      await faulty(server.url).catch((error) => codes.push(error.cause?.code ?? error.message));
    expect(codes).toEqual(["ENOTFOUND", "mine"]);
    expect((await faulty(server.url)).status).toBe(200);
    expect(await (await faulty(server.url)).text()).toBe("made up");
    expect((await faulty(server.url)).status).toBe(200);
    expect(networkError("EAI_AGAIN").cause).toMatchObject({ code: "EAI_AGAIN" });
  });
});
