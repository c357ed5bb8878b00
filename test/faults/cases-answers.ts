import assert from "node:assert/strict";
import { completion, html, json, stream, streamOf, text, VENDOR_ERRORS, vendorError } from "signalbox/testing";
import { assertFailed, assertMoved, type FaultCase, failsOver, trial } from "./case.js";
import { KEY } from "./sides.js";

const malformed = { kind: "malformed_response" } as const;
const { minimax, kimi } = VENDOR_ERRORS;

export const ANSWER_CASES: readonly FaultCase[] = [
  {
    number: 39,
    fault: "a stream was asked for, a JSON completion came",
    expected: "accepted as the answer",
    run: () =>
      trial({}, async (t) => {
        t.a.script(json(200, completion("Hello there")));
        const { text: seen, reply } = await t.stream();
        assert.deepEqual([seen, reply?.route.attempts.length], ["Hello there", 1]);
      }),
  },
  {
    number: 40,
    fault: "a stream was asked for, a JSON error came with 200",
    expected: "classified by its body; fallback",
    run: async () => {
      const error = { error: { type: "insufficient_quota", message: "no money" } };
      for (const type of ["application/json", "text/event-stream"]) {
        await failsOver(json(200, error, { "content-type": type }), {
          kind: "quota",
          effect: "cool_down",
          alone: "given_up",
        });
      }
    },
  },
  {
    number: 41,
    fault: "200 with an HTML login page",
    expected: "malformed; the page is not quoted",
    run: async () => {
      await failsOver(html(), { ...malformed, detail: "html" });
      await trial({ b: false }, async (t) => {
        t.a.otherwise(html());
        const { error } = await t.drive(t.chat(), 60_000);
        assert.equal(error?.kind, "malformed_response");
        assert.ok(!error?.message.includes("log in"));
      });
    },
  },
  {
    number: 42,
    fault: "200 with a wrong content type over a valid stream",
    expected: "accepted",
    run: () =>
      trial({}, async (t) => {
        const headers = { "content-type": "application/octet-stream", "transfer-encoding": "chunked" };
        t.a.script(stream(streamOf("Hello"), "end", headers));
        assert.equal((await t.stream()).text, "Hello");
      }),
  },
  {
    number: 43,
    fault: "200 with an empty body",
    expected: "malformed; fallback; alone: a retry",
    run: () => failsOver(text(200, ""), malformed),
  },
  {
    number: 44,
    fault: "200 with half a JSON",
    expected: "malformed; fallback; alone: a retry",
    run: () => failsOver(text(200, '{"choices":[{"mess'), malformed),
  },
  {
    number: 45,
    fault: '200 with {"error": ...}',
    expected: "classified",
    run: async () => {
      await failsOver(json(200, { error: { message: "something" } }), { kind: "server" });
      await failsOver(json(200, { error: "something" }), { kind: "server" });
      await failsOver(json(200, { error: { code: "rate_limit_exceeded" } }), {
        kind: "rate_limit",
        effect: "cool_down",
      });
    },
  },
  {
    number: 46,
    fault: "200 with base_resp 1002, 1004, 1008",
    expected: "rate limit, auth, quota",
    run: async () => {
      const side = { vendor: "minimax" } as const;
      await failsOver(vendorError(minimax.rate_limit), { kind: "rate_limit", effect: "cool_down", side });
      await failsOver(vendorError(minimax.auth), { kind: "auth", effect: "disabled", alone: "given_up", side });
      await failsOver(vendorError(minimax.quota), { kind: "quota", effect: "cool_down", alone: "given_up", side });
    },
  },
  {
    number: 47,
    fault: "choices: []; content null and zero usage",
    expected: "empty or malformed, never an answer",
    run: async () => {
      await failsOver(json(200, { ...completion("x"), choices: [] }), {
        kind: "malformed_response",
        streamed: [false],
      });
      const nothing = completion(null, { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
      await failsOver(json(200, nothing), { kind: "empty_response", streamed: [false] });
      await failsOver(stream(streamOf("")), { kind: "empty_response", streamed: [true] });
    },
  },
  {
    number: 48,
    fault: "400",
    expected: "invalid_request: no retry, no fallback, breaker untouched",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(json(400, { error: { message: "messages[0] is bad" } }));
        for (let n = 0; n < 6; n++) assertFailed(await (n % 2 ? t.stream() : t.chat()), { kind: "invalid_request" }, 1);
        assert.deepEqual([t.b.requests.length, t.exclusionOfA()], [0, null]);
      }),
  },
  {
    number: 49,
    fault: "400: the context is too long",
    expected: "only a model with a larger window is asked",
    run: async () => {
      const long = vendorError(kimi.context_length);
      await trial({ b: { model: { contextWindow: 1_000_000 } } }, async (t) => {
        t.a.otherwise(long);
        for (let n = 0; n < 6; n++) assertMoved(await t.chat(), { kind: "context_length" });
        assert.equal(t.exclusionOfA(), null);
      });
      for (const contextWindow of [128_000, 32_000]) {
        await trial({ b: { model: { contextWindow } } }, async (t) => {
          t.a.script(long);
          assertFailed(await t.chat(), { kind: "context_length" }, 1);
        });
      }
    },
  },
  {
    number: 50,
    fault: "400: content filter",
    expected: "no retry, no fallback, never cached",
    run: () =>
      trial({ router: { cache: { maxBytes: 1_000_000, ttlMs: 60_000 } } }, async (t) => {
        for (const fault of [vendorError(kimi.content_filter), vendorError(VENDOR_ERRORS.openai.content_filter)]) {
          t.a.script(fault);
          assertFailed(await t.chat(), { kind: "content_filter" }, 1);
        }
        t.a.script(stream(streamOf("", { finishReason: "content_filter" })));
        assertFailed(await t.stream(), { kind: "content_filter" }, 1);
        assert.deepEqual([t.b.requests.length, t.exclusionOfA()], [0, null]);
        assert.equal((await t.chat()).text, "from a");
      }),
  },
  {
    number: 51,
    fault: "401",
    expected: "auth: fallback, the provider is disabled, no retry",
    run: () =>
      failsOver(json(401, { error: { message: "bad key" } }), { kind: "auth", effect: "disabled", alone: "given_up" }),
  },
  {
    number: 52,
    fault: "401 that echoes the key",
    expected: "the key is in no error and no event",
    run: () =>
      trial({ b: false }, async (t) => {
        const echo = `Incorrect API key provided: ${KEY}, or ${encodeURIComponent(KEY)}, or ${Buffer.from(KEY).toString("base64")}`;
        t.a.script(
          json(401, { error: { message: echo, code: KEY, type: KEY }, request_id: KEY }, { "x-request-id": KEY }),
        );
        const { error } = await t.chat();
        assertFailed({ ...(await t.chat()), error } as never, { kind: "auth" }, 1);
        t.router.reset();
        t.a.script(json(500, { error: { message: echo } }), json(500, { error: { message: echo } }));
        const again = await t.drive(t.chat(), 20_000);
        assert.equal(again.text, "from a");
      }),
  },
  {
    number: 53,
    fault: "402, 403, 404",
    expected: "quota, permission, model_not_found; no retry",
    run: async () => {
      await failsOver(json(402, { error: {} }), {
        kind: "quota",
        effect: "cool_down",
        onEvidence: true,
        alone: "given_up",
      });
      await failsOver(json(403, { error: {} }), {
        kind: "permission",
        effect: "disabled",
        onEvidence: true,
        alone: "given_up",
      });
      const gone = json(404, { error: { message: "The model `x` does not exist" } });
      await failsOver(gone, { kind: "model_not_found", effect: "disabled", onEvidence: true, alone: "given_up" });
    },
  },
  {
    number: 54,
    fault: "408, 409, 425",
    expected: "fallback; alone: a retry; only 408 counts",
    run: async () => {
      await failsOver(json(408, { error: {} }), { kind: "timeout", detail: "upstream" });
      await failsOver(json(409, { error: {} }), { kind: "server", detail: "conflict", effect: "none" });
      await failsOver(json(425, { error: {} }), { kind: "server", detail: "conflict", effect: "none" });
    },
  },
  {
    number: 55,
    fault: "413",
    expected: "no retry; another provider only where it takes more",
    run: async () => {
      const big = text(413, "Request Entity Too Large");
      await trial({ b: { model: { contextWindow: 1_000_000 } } }, async (t) => {
        t.a.script(big);
        assertMoved(await t.chat(), { kind: "context_length", detail: "payload" });
      });
      await trial({}, async (t) => {
        t.a.script(big);
        assertFailed(await t.chat(), { kind: "context_length", detail: "payload" }, 1);
      });
    },
  },
  {
    number: 63,
    fault: "429 that is a used-up quota, in three dialects",
    expected: "quota: no retry; cooled until the stated reset",
    run: async () => {
      const { glm, openai } = VENDOR_ERRORS;
      const quota = { kind: "quota", effect: "cool_down", alone: "given_up" } as const;
      await failsOver(vendorError(openai.quota), quota);
      await failsOver(vendorError(glm.quota), { ...quota, side: { vendor: "glm" } });
      await failsOver(vendorError(glm.plan_limit), { ...quota, side: { vendor: "glm" } });
      await failsOver(vendorError(kimi.quota), { ...quota, side: { vendor: "kimi" } });
      await failsOver(vendorError(minimax.plan_window), { ...quota, side: { vendor: "minimax" } });
      const inAnHour = { code: "1308", message: "Usage limit reached, resets at 2026-01-01T01:00:00Z" };
      await trial({ a: { vendor: "glm" } }, async (t) => {
        t.a.script(json(429, { error: inAnHour }));
        assertMoved(await t.chat(), quota);
        await t.clock.advance(3_590_000);
        assert.equal(t.exclusionOfA(), "cool_down");
        await t.clock.advance(20_000);
        assert.equal(t.exclusionOfA(), null);
      });
    },
  },
  {
    number: 64,
    fault: "500, 502, 503, 504, 520, 524, 529, 599",
    expected: "by the table: server or overloaded",
    run: async () => {
      for (const status of [500, 502, 504, 520, 524, 599])
        await failsOver(text(status, "oops"), { kind: "server", streamed: [status % 2 === 0] });
      for (const status of [503, 529])
        await failsOver(text(status, "busy"), { kind: "overloaded", effect: "cool_down" });
    },
  },
];
