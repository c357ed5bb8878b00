import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { chunk, context, drain, failureOf, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
// 2026-01-01T00:00:00Z
const clock = createVirtualClock();
const plain = openaiCompatible({ id: "plain", baseURL, models: [MODEL], clock });
const mini = minimax({ apiKey: "test-key", baseURL, clock });
const zai = glm({ apiKey: "test-key", baseURL, clock });
const moon = kimi({ apiKey: "test-key", baseURL, clock });
const ask = { messages: HELLO };

const minimaxError = (message: string, type = "bad_request_error") => ({
  type: "error",
  error: { type, message, http_code: "400" },
  request_id: "0123456789abcdef",
});

describe("failures as vendors really tell them (recorded shapes, loopback server)", () => {
  it("11: an error inside HTTP 200; a good body says status_code 0", async () => {
    server.answer(json({ base_resp: { status_code: 1002, status_msg: "rate limit" }, choices: null }));
    const failure = await failureOf(mini.chat(ask, context()));
    expect(failure).toMatchObject({ kind: "rate_limit", vendorCode: "1002", status: 200, provider: "minimax" });
    server.answer(json({ error: { message: "strange", type: "never_seen" } }));
    expect((await failureOf(plain.chat(ask, context()))).kind).toBe("server");
    for (const body of [{}, { choices: [] }, { choices: null }, [], 7]) {
      server.answer(json(body));
      expect((await failureOf(plain.chat(ask, context()))).kind).toBe("malformed_response");
    }
    server.answer(json(whole({ content: "42" }, { base_resp: { status_code: 0, status_msg: "" } })));
    expect(
      (await mini.chat({ ...ask, model: "MiniMax-M3", max_tokens: 9 }, context())).choices[0].message.content,
    ).toBe("42");
  });

  it("12: an error inside a 200 stream", async () => {
    const error = { error: { message: "overloaded", type: "engine_overloaded_error" } };
    server.answer(sse([chunk({ content: "4" }), error]));
    expect((await failureOf(drain(moon.stream(ask, context())))).kind).toBe("overloaded");
    server.answer(sse([`event: error\ndata: ${JSON.stringify(error)}\n\n`]));
    expect((await failureOf(drain(plain.stream(ask, context())))).kind).toBe("overloaded");
    server.answer(json({ base_resp: { status_code: 1033, status_msg: "downstream" }, choices: null }));
    expect((await failureOf(drain(mini.stream(ask, context())))).kind).toBe("overloaded");
  });

  it("13: a stream that ends early is cut; one that said its finish reason is whole", async () => {
    server.answer(sse([chunk({ content: "4" }), chunk({ content: "2" })], { done: false }));
    expect(await failureOf(drain(plain.stream(ask, context())))).toMatchObject({
      kind: "stream_interrupted",
      detail: "truncated",
    });
    server.answer(sse([chunk({ content: "42" }, { finish_reason: "stop" })], { done: false }));
    expect(await drain(plain.stream(ask, context()))).toHaveLength(1);
    server.answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(chunk({ content: "42" }, { finish_reason: "stop" }))}\n\n`);
      setTimeout(() => response.destroy(), 20);
    });
    expect(await drain(plain.stream(ask, context()))).toHaveLength(1);
    server.answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(chunk({ content: "4" }))}\n\n`);
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failureOf(drain(plain.stream(ask, context())))).kind).toBe("stream_interrupted");
  });

  it("13: a stream that hangs ends with its signal, and the socket closes", async () => {
    const controller = new AbortController();
    server.answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(chunk({ content: "4" }))}\n\n`);
      setTimeout(() => controller.abort(), 20);
    });
    const failure = await failureOf(drain(plain.stream(ask, context({ signal: controller.signal }))));
    expect(failure).toMatchObject({ kind: "cancelled", name: "AbortError" });
    await expect.poll(() => server.seen[0]?.closed).toBe(true);
  });

  it("14: silence while thinking is legal, and GLM is asked to stream tool arguments", async () => {
    server.answer(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": thinking\n\n");
      await new Promise((resolve) => setTimeout(resolve, 60));
      response.end(`data: ${JSON.stringify(chunk({ content: "42" }, { finish_reason: "stop" }))}\n\ndata: [DONE]\n\n`);
    });
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    expect(await drain(zai.stream({ ...ask, tools }, context()))).toHaveLength(1);
    expect(server.bodies[0]).toMatchObject({ stream: true, tool_stream: true });
  });

  it("17: the code hidden at the end of the text", async () => {
    server.answer(json(minimaxError("invalid params, context window exceeds limit (2013)"), 400));
    expect(await failureOf(mini.chat(ask, context()))).toMatchObject({ kind: "context_length", status: 400 });
    server.answer(json(minimaxError("invalid params, messages is empty (2013)"), 400));
    expect((await failureOf(mini.chat(ask, context()))).kind).toBe("invalid_request");
  });

  it("18: the code as a string or a number", async () => {
    for (const code of ["1113", 1113]) {
      server.answer(json({ error: { code, message: "余额不足" } }, 429));
      expect(await failureOf(zai.chat(ask, context()))).toMatchObject({ kind: "quota", vendorCode: "1113" });
    }
  });

  it("19: the same fault under several statuses", async () => {
    for (const status of [500, 429, 402]) {
      server.answer(json(minimaxError("insufficient balance (1008)"), status));
      expect(await failureOf(mini.chat(ask, context()))).toMatchObject({ kind: "quota", status });
    }
  });

  it("20: an unknown model is 400, not 404", async () => {
    server.answer(json(minimaxError("invalid params, unknown model 'x' (2013)"), 400));
    expect((await failureOf(mini.chat(ask, context()))).kind).toBe("model_not_found");
  });

  it("28: a reset time that stands only in the text, in three formats", async () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    server.answer(json(minimaxError("usage limit reached, resets at 2026-01-01T00:10:00Z (2056)"), 429));
    expect(await failureOf(mini.chat(ask, context()))).toMatchObject({ kind: "quota", retryAfterMs: 600_000 });
    server.answer(
      json({ error: { code: "1308", message: "Usage limit reached, will reset at 2026-01-03 19:01:25" } }, 429),
    );
    const zoneless = await failureOf(zai.chat(ask, context()));
    expect(zoneless.kind).toBe("quota");
    const asUtcMs = Date.parse("2026-01-03T19:01:25Z") - now;
    expect(zoneless.retryAfterMs).toBeLessThanOrEqual(asUtcMs);
    expect(zoneless.retryAfterMs).toBeGreaterThanOrEqual(asUtcMs - 14 * 3_600_000);
    server.answer(
      json(
        { error: { type: "rate_limit_reached_error", message: "max RPM: 3, please try again after 1 seconds" } },
        429,
      ),
    );
    expect(await failureOf(moon.chat(ask, context()))).toMatchObject({ kind: "rate_limit", retryAfterMs: 1_000 });
  });

  it("30: error bodies that are no JSON", async () => {
    server.answer((response) => {
      response.writeHead(502, { "content-type": "text/html" });
      response.end(`<html><h1>502 Bad Gateway</h1>${"x".repeat(100_000)}</html>`);
    });
    const failure = await failureOf(plain.chat(ask, context()));
    expect(failure).toMatchObject({ kind: "server", status: 502 });
    expect(failure.message.length).toBeLessThan(1_000);
    server.answer((response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>log in</html>"));
    expect((await failureOf(plain.chat(ask, context()))).kind).toBe("malformed_response");
    expect((await failureOf(drain(plain.stream(ask, context())))).kind).toBe("malformed_response");
    server.answer(sse(["data: {half\n\n"]));
    expect((await failureOf(drain(plain.stream(ask, context())))).kind).toBe("malformed_response");
  });

  it("30: text in place of a stream is malformed, not a stream that was cut", async () => {
    for (const [body, type] of [
      ["Internal Server Error", "text/plain"],
      ['"nope"', "application/json"],
      ["null", "application/json"],
    ]) {
      server.answer(json(String(body), 200, { "content-type": String(type) }));
      expect((await failureOf(drain(plain.stream({ messages: HELLO }, context())))).kind).toBe("malformed_response");
    }
  });

  it("a JSON answer to a streamed request is a stream of one", async () => {
    server.answer(json(whole({ content: "42" })));
    const chunks = await drain(plain.stream(ask, context()));
    expect(chunks.map((one) => one.choices[0]?.delta.content).join("")).toBe("42");
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(15);
  });

  it("a short prompt that is quoted back is not told on", async () => {
    server.answer(json({ error: { message: "cannot take 'hello': say more" } }, 400));
    const { message } = await failureOf(plain.chat(ask, context()));
    expect(message).toBe("plain/m: the request is wrong (HTTP 400): cannot take '[echo removed]': say more");
  });

  it("a key in a header of the user's own is not told on either", async () => {
    const headers = { "Api-Key": "azure0815", "helicone-auth": "Bearer helicone4711", "x-app": "shop" };
    const azure = openaiCompatible({ id: "azure", baseURL, models: [MODEL], headers, clock });
    server.answer(json({ error: { message: "azure0815 and helicone4711 of shop are unknown" } }, 400));
    const { message } = await failureOf(azure.chat(ask, context()));
    expect(message).toContain(": [redacted] and [redacted] of shop are unknown");
  });

  it("a redirect is not followed: prompt and key stay here", async () => {
    server.answer((response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end());
    expect(await failureOf(plain.chat(ask, context()))).toMatchObject({ kind: "network", detail: "redirect" });
  });
});
