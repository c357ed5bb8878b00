import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { classify, toSignalboxError } from "../../../src/errors/classify.js";
import * as faults from "../../../src/testing/index.js";
import { createFaultServer, type Fault, type FaultServer } from "../../../src/testing/index.js";
import type { EventSource } from "../../../src/wire/event-source.js";
import type { HttpCall } from "../../../src/wire/http-call.js";
import { openEvents } from "../../../src/wire/open-events.js";
import { requestJson } from "../../../src/wire/request-json.js";

let server: FaultServer;
beforeAll(async () => {
  server = await createFaultServer();
});
afterEach(() => server.idle());
afterAll(() => server.close());

const about = { provider: "p", nowWallMs: Date.now() };
const KEY = "sb-key-0123456789abcdef";

function call(more: Partial<HttpCall> = {}, streamed = false): HttpCall {
  return {
    url: `${server.url}/chat/completions`,
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ stream: streamed, messages: [{ role: "user", content: "hi" }] }),
    signal: new AbortController().signal,
    ...more,
  };
}

async function kindOf(run: Promise<unknown>): Promise<string> {
  const error = toSignalboxError(
    await run.then(
      () => new Error("nothing failed"),
      (thrown) => thrown,
    ),
    about,
  );
  expect(JSON.stringify(error) + error.stack).not.toContain(KEY);
  return error.detail === undefined ? error.kind : `${error.kind}/${error.detail}`;
}

const unary = (fault: Fault, more: Partial<HttpCall> = {}) => {
  server.script(fault);
  return requestJson(call(more));
};

async function texts(source: EventSource): Promise<string[]> {
  const seen: string[] = [];
  for (let event = await source.next(); event !== null; event = await source.next()) seen.push(event.data);
  return seen;
}

const streamed = async (fault: Fault, more: Partial<HttpCall> = {}) => {
  server.script(fault);
  return openEvents(call(more, true));
};

describe("a call in one piece", () => {
  it("sends method, headers and body, and gives status, headers and JSON", async () => {
    const seen: string[] = [];
    const answer = await unary(faults.json(201, { ok: true }, { "x-request-id": "r-1" }), {
      onHeaders: () => seen.push("headers"),
      onBytes: () => seen.push("bytes"),
    });
    expect(answer).toMatchObject({ status: 201, body: { ok: true }, text: '{"ok":true}' });
    expect(answer.headers.get("x-request-id")).toBe("r-1");
    expect(seen).toEqual(["headers", "bytes"]);
    const request = server.requests.at(-1);
    expect(request).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(request?.json()).toMatchObject({ stream: false });
  });

  it("asks with GET and no body where told", async () => {
    await requestJson({
      url: `${server.url}/models`,
      method: "GET",
      headers: {},
      signal: new AbortController().signal,
    });
    expect(server.requests.at(-1)).toMatchObject({ method: "GET", body: "" });
  });

  it.each([
    ["HTML", faults.html(), "<!doctype html>"],
    ["half JSON", faults.text(200, '{"choices":[{"mess'), '{"choices":[{"mess'],
    ["nothing", faults.text(200, ""), ""],
    ["JSON 10,000 levels deep", faults.deepJson(), '{"choices":[['],
    ["half of a body that ends with the connection", faults.closeDelimited('{"a":'), '{"a":'],
    ["a body longer than its length", faults.wrongLength(3, '{"a":1}'), '{"a'],
  ])("keeps %s as text", async (_name, fault, start) => {
    const { body } = await unary(fault);
    expect(typeof body).toBe("string");
    expect(String(body).startsWith(start)).toBe(true);
    expect(classify({ status: 200, body }, about).kind).toBe("malformed_response");
  });

  it("unpacks gzip", async () => {
    expect((await unary(faults.gzipped("hi"))).body).toMatchObject({ object: "chat.completion" });
  });

  it.each<[string, Fault, string]>([
    ["RST on accept", faults.resetOnAccept(), "network/reset"],
    ["FIN on accept", faults.closeOnAccept(), "network/reset"],
    ["RST after the request", faults.resetAfterRequest(), "network/reset"],
    ["a garbage status line", faults.garbage(), "malformed_response/http"],
    ["a 64 KiB header", faults.hugeHeader(), "malformed_response/http"],
    ["a body cut by FIN", faults.cutBody("hello", 50), "network/reset"],
    ["a body cut by RST", faults.cutBody("hello", 50, "rst"), "network/reset"],
    ["a body shorter than its length", faults.wrongLength(100, "{}"), "network/reset"],
    ["a bad chunk size", faults.badChunk(), "malformed_response/http"],
    ["bad gzip", faults.badGzip(), "malformed_response/encoding"],
    ["a gzip bomb", faults.gzipBomb(), "response_too_large/bytes"],
    ["an endless body", faults.endless("x", 200, {}), "response_too_large/bytes"],
  ])("%s is told apart, and the connection is closed", async (_name, fault, kind) => {
    // A fresh connection each time: a kept one would tell a stale socket.
    expect(await kindOf(unary(fault, { headers: { connection: "close" } }))).toBe(kind);
    await server.idle();
  });

  it("knows a refused port and an unknown host", async () => {
    const url = await faults.refusedUrl();
    expect(await kindOf(requestJson(call({ url })))).toBe("network/connect");
    expect(await kindOf(requestJson(call({ fetch: faults.faultFetch(["ENOTFOUND"]) })))).toBe("network/dns");
  });

  it("bounds the answer by decoded bytes", async () => {
    expect(await kindOf(unary(faults.json(200, "x".repeat(1_000)), { maxBytes: 1_001 }))).toBe(
      "response_too_large/bytes",
    );
    expect((await unary(faults.json(200, "x".repeat(1_000)), { maxBytes: 1_002 })).status).toBe(200);
  });

  it("reads at most 64 KiB of an error, and leaves the rest", async () => {
    const startedAt = performance.now();
    const { status, text } = await unary(faults.endless("x", 500, {}));
    expect([status, text.length]).toEqual([500, 65_536]);
    await server.idle();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("takes the beginning of an error that breaks off", async () => {
    const broken: Fault = {
      name: "half an error",
      run: async (exchange) => {
        await exchange.write('HTTP/1.1 429 Too Many\r\ncontent-length: 500\r\n\r\n{"error":');
        await exchange.wait(5);
        exchange.reset();
      },
    };
    expect(await unary(broken)).toMatchObject({ status: 429, text: '{"error":' });
  });

  it("waits two seconds for the body of an error that stalls, and takes what came", async () => {
    const clock = faults.createVirtualClock();
    const stalls: Fault = {
      name: "a stalled error",
      run: async (exchange) => {
        await exchange.write('HTTP/1.1 429 Too Many\r\ncontent-length: 500\r\n\r\n{"error":');
        await exchange.untilGone();
      },
    };
    let headers: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      headers = resolve;
    });
    const answer = unary(stalls, { clock, onHeaders: headers });
    await begun;
    await clock.advance(1_999);
    expect(server.busy).toBe(1);
    await clock.advance(1);
    expect(await answer).toMatchObject({ status: 429, text: '{"error":' });
    expect(clock.pendingTimers).toBe(0);
  });

  it("drains small errors, so that a connection serves again", async () => {
    const before = server.accepted;
    for (let n = 0; n < 20; n++) {
      expect((await unary(faults.json(500, { error: "x".repeat(1_000) }))).status).toBe(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(server.accepted - before).toBeLessThanOrEqual(3);
  });

  it.each([301, 302, 303, 307, 308])("does not follow a %i: prompt and key stay here", async (status) => {
    const other = await createFaultServer();
    const answer = await unary(faults.redirect(status, `${other.url}/chat/completions`));
    expect(classify(answer, about)).toMatchObject({ kind: "network", detail: "redirect" });
    expect(other.accepted).toBe(0);
    await other.close();
  });

  it.each(["self_signed", "expired", "wrong_host"] as const)("refuses a %s certificate", async (tls) => {
    const secure = await createFaultServer({ tls });
    expect(await kindOf(requestJson(call({ url: secure.url })))).toBe("network/tls");
    expect(secure.requests).toHaveLength(0);
    await secure.close();
  });

  it("refuses a plaintext port under https", async () => {
    expect(await kindOf(requestJson(call({ url: server.url.replace("http:", "https:") })))).toBe("network/tls");
  });

  it("tells a kept-alive connection that was closed from a server that hangs up", async () => {
    const own = await createFaultServer();
    const ask = () => requestJson(call({ url: own.url }));
    own.script(faults.closesUnderNext("one"));
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await kindOf(ask())).toBe("network/stale_socket");
    expect(own.requests).toHaveLength(1);
    own.script(faults.closeAfterRequest());
    expect(await kindOf(ask())).toBe("network/reset");
    await own.close();
  });
});

describe("a call that is aborted", () => {
  it.each<[string, Fault, boolean]>([
    ["before the head", faults.silence(), false],
    ["inside the body", faults.headersThenSilence("application/json"), false],
    ["inside a stream", faults.stream([faults.textEvent("x")], "hang"), true],
    ["inside an error", faults.headersThenSilence("text/plain"), false],
  ])("%s rejects with the reason, and the server sees it within 50 ms", async (_name, fault, isStream) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const done = isStream
      ? streamed(fault, { signal: controller.signal }).then(texts)
      : unary(fault, { signal: controller.signal });
    const settled = done.then(
      () => "answered",
      (error: unknown) => error,
    );
    const count = server.requests.length;
    await server.received(Math.max(count, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const at = performance.now();
    controller.abort(reason);
    expect(await settled).toBe(reason);
    await server.idle();
    expect(performance.now() - at).toBeLessThan(50);
  });

  it("is not sent where it was aborted before", async () => {
    const before = server.requests.length;
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(requestJson(call({ signal }))).rejects.toThrow("too late");
    expect(server.requests).toHaveLength(before);
  });
});

describe("a stream", () => {
  it("gives its events, many per read without a promise each", async () => {
    const source = await streamed(faults.answers("one two three"));
    expect(source).toMatchObject({ status: 200, contentType: "text/event-stream", text: undefined });
    expect(source.poll()).toBeUndefined();
    const seen = [await source.next()];
    for (
      let event = source.poll() ?? (await source.next());
      event !== null;
      event = source.poll() ?? (await source.next())
    ) {
      seen.push(event);
    }
    expect(seen.at(-1)?.data).toBe("[DONE]");
    expect(seen).toHaveLength(7);
    expect(await source.next()).toBeNull();
    expect(source.truncated).toBe(false);
  });

  it("takes a valid stream under a wrong content type", async () => {
    const source = await streamed(
      faults.stream(faults.streamOf("hi"), "end", { "content-type": "text/plain", "transfer-encoding": "chunked" }),
    );
    expect((await texts(source)).at(-1)).toBe("[DONE]");
  });

  it.each<[string, Fault, number, unknown]>([
    ["JSON", faults.json(200, { error: { message: "no" } }), 200, { error: { message: "no" } }],
    ["JSON after white space", faults.text(200, ' \n{"a":1}'), 200, { a: 1 }],
    ["HTML", faults.html(), 200, undefined],
    ["an error", faults.json(503, { error: "busy" }), 503, { error: "busy" }],
    ["an error that is no JSON", faults.text(502, "Bad Gateway"), 502, undefined],
    ["nothing", faults.text(200, ""), 200, undefined],
  ])("shows %s in its place", async (_name, fault, status, json) => {
    const source = await streamed(fault);
    expect(await source.next()).toBeNull();
    expect(source.status).toBe(status);
    expect(source.json).toEqual(json);
    expect(typeof source.text).toBe("string");
  });

  it.each(["application/json", "text/event-stream"])("is there with its head, and may be left, as %s", async (type) => {
    const source = await streamed(faults.headersThenSilence(type));
    expect(source.contentType).toContain(type);
    source.cancel();
    await server.idle();
    expect(await source.next()).toBeNull();
  });

  it("keeps characters whole that are split over two reads, in a body that is no stream too", async () => {
    const bytes = Buffer.from('{"a":"é"}');
    const split: Fault = {
      name: "JSON in two pieces",
      run: async (exchange) => {
        await exchange.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${bytes.length}\r\n\r\n`);
        await exchange.write(bytes.subarray(0, 7));
        await exchange.wait(20);
        await exchange.write(bytes.subarray(7));
      },
    };
    const source = await streamed(split);
    expect(await source.next()).toBeNull();
    expect(source).toMatchObject({ text: '{"a":"é"}', json: { a: "é" } });
  });

  it("finds JSON under the content type of events, once it is read", async () => {
    const source = await streamed(
      faults.text(200, '{"error":{"code":"1113"}}', { "content-type": "text/event-stream" }),
    );
    expect(source.text).toBeUndefined();
    expect(await source.next()).toBeNull();
    expect(source.json).toEqual({ error: { code: "1113" } });
  });

  it.each<[string, Fault, string, number]>([
    ["RST after the head", faults.stream([], "rst"), "stream_interrupted/cut", 0],
    ["FIN after one token", faults.stream([faults.textEvent("x")], "fin"), "stream_interrupted/cut", 1],
    [
      "RST after two tokens",
      faults.stream([faults.textEvent("x"), faults.textEvent("y")], "rst"),
      "stream_interrupted/cut",
      2,
    ],
    ["no last chunk", faults.unterminated([faults.textEvent("x")]), "stream_interrupted/cut", 1],
    ["a line of 100 MB", faults.longLine(), "response_too_large/line", 0],
    ["tokens without end", faults.endless(faults.textEvent("x")), "response_too_large/events", 200_000],
    ["comments without end", faults.endless(`: ${"x".repeat(8_000)}\n\n`), "response_too_large/bytes", 0],
  ])("%s is told, after the events before it", async (_name, fault, kind, count) => {
    const source = await streamed(fault);
    let events = 0;
    const run = (async () => {
      while ((source.poll() ?? (await source.next())) !== null) events++;
    })();
    expect(await kindOf(run)).toBe(kind);
    expect(events).toBe(count);
    expect(await source.next().catch((error: unknown) => (error as { kind: string }).kind)).toSatisfy(
      (after) => after === null || after === "response_too_large",
    );
    await server.idle();
  });

  it("says that a clean end came inside an event", async () => {
    const source = await streamed(faults.stream([faults.textEvent("x"), 'data: {"cho']));
    expect(await texts(source)).toHaveLength(1);
    expect(source.truncated).toBe(true);
  });

  it("closes the connection when it is left", async () => {
    const source = await streamed(faults.endless(faults.textEvent("x")));
    await source.next();
    const at = performance.now();
    source.cancel();
    await server.idle();
    expect(performance.now() - at).toBeLessThan(200);
    source.cancel();
    source.finish();
  });

  it("reads no faster than it is asked", async () => {
    let written = 0;
    const fault: Fault = {
      name: "a fast server",
      run: async (exchange) => {
        await exchange.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
        const block = faults.textEvent("x".repeat(1_000)).repeat(60);
        while (await exchange.write(block)) {
          written += block.length;
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    };
    const source = await streamed(fault);
    await source.next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    source.cancel();
    await server.idle();
    expect(written).toBeLessThan(20_000_000);
  });

  it("lets a finished stream end by itself, and keeps the connection", async () => {
    const own = await createFaultServer({ otherwise: faults.answers("hi") });
    for (let n = 0; n < 5; n++) {
      const source = await openEvents(call({ url: own.url }, true));
      for (let event = await source.next(); event !== null && event.data !== "[DONE]"; event = await source.next());
      source.finish();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(own.accepted).toBe(1);
    await own.close();
  });

  it("cuts a finished stream off that does not end by itself, after two seconds", async () => {
    const clock = faults.createVirtualClock();
    const source = await streamed(faults.lingers("hi"), { clock });
    for (let event = await source.next(); event !== null && event.data !== "[DONE]"; event = await source.next());
    source.finish();
    await clock.advance(1_999);
    expect(server.busy).toBe(1);
    await clock.advance(1);
    await server.idle();
    expect(clock.pendingTimers).toBe(0);
  });
});
