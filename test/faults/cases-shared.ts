import assert from "node:assert/strict";
import { inspect } from "node:util";
import { after, answers, type Fault, html, json } from "signalbox/testing";
import { assertFailed, assertMoved, type FaultCase, trial } from "./case.js";
import { KEY, PROMPT } from "./sides.js";
import type { Outcome } from "./trial.js";

// What many callers share: a rate limit is not an outage, a failed flight is no stampede, and an error says why.

const CACHE = { cache: { maxBytes: 1_000_000, ttlMs: 60_000 } } as const;
const limited = (seconds: number): Fault =>
  json(429, { error: { message: "slow down" } }, { "retry-after": String(seconds) });
const refused = (status: number, message: string, code: string, headers: { [name: string]: string } = {}): Fault =>
  json(status, { error: { message, code } }, headers);

export const SHARED_CASES: readonly FaultCase[] = [
  {
    number: 115,
    fault: "one 429 with Retry-After 1, and 20 more callers in that second",
    expected: "all are answered",
    run: () =>
      trial({ b: false }, async (t) => {
        await t.chat();
        t.a.script(limited(1));
        const all = Array.from({ length: 21 }, () => t.chat());
        const outcomes = await t.drive(Promise.all(all), 10_000, 50);
        assert.deepEqual(
          outcomes.map(({ text }) => text),
          all.map(() => "from a"),
        );
      }),
  },
  {
    number: 116,
    fault: "a stray 429 among answers",
    expected: "costs that call a fallback; a is asked by the next",
    run: () =>
      trial({}, async (t) => {
        for (let n = 0; n < 5; n++) {
          assert.equal((await t.chat()).text, "from a");
          t.a.script(json(429, {}));
          assertMoved(await t.chat(), { kind: "rate_limit" });
          assert.equal(t.exclusionOfA(), null);
        }
      }),
  },
  {
    number: 117,
    fault: "Retry-After 3 at a lone candidate, with ten minutes left",
    expected: "waited for",
    run: () =>
      trial({ b: false }, async (t) => {
        t.a.script(limited(3));
        const { text, tookMs } = await t.drive(t.chat(), 10_000, 50);
        assert.equal(text, "from a");
        assert.ok(tookMs >= 3_000 && tookMs < 4_500, `${tookMs} ms`);
      }),
  },
  {
    number: 118,
    fault: "Retry-After 3 where `retry.maxWaitMs` is 0",
    expected: "told at once, with when to come back",
    run: () =>
      trial({ b: false, router: { retry: { maxWaitMs: 0 } } }, async (t) => {
        t.a.script(limited(3));
        const outcome = await t.chat();
        assertFailed(outcome, { kind: "rate_limit" }, 1);
        assert.deepEqual([outcome.error?.retryAfterMs, outcome.tookMs], [3_000, 0]);
      }),
  },
  {
    number: 119,
    fault: "Retry-After 3600, and somebody who knows better",
    expected: "enable(id) and reset(id) lift the cool-down",
    run: () =>
      trial({}, async (t) => {
        for (const lift of [() => t.router.enable("a"), () => t.router.reset("a/test-model")]) {
          await t.clock.advance(2_000);
          t.a.script(limited(3_600));
          assertMoved(await t.chat(), { kind: "rate_limit" });
          assert.equal(t.exclusionOfA(), "cool_down");
          lift();
          assert.equal(t.exclusionOfA(), null);
          assert.equal((await t.chat()).text, "from a");
        }
      }),
  },
  {
    number: 120,
    fault: "50 equal requests at once, a vendor that answers 500",
    expected: "no stampede: one call at a time, few in all",
    run: () =>
      trial({ b: false, router: { ...CACHE, retry: { attempts: 1 } } }, async (t) => {
        let most = 0;
        const slow: Fault = {
          name: "a slow 500",
          run: async (exchange) => {
            most = Math.max(most, t.a.busy);
            await exchange.wait(5);
            await json(500, {}).run(exchange);
          },
        };
        t.a.otherwise(slow);
        const outcomes = await t.drive(Promise.all(Array.from({ length: 50 }, () => t.chat())), 1_000);
        assert.ok(outcomes.every(({ error }) => error !== undefined));
        assert.equal(most, 1);
        assert.ok(t.a.requests.length <= 10, `${t.a.requests.length} calls`);
      }),
  },
  {
    number: 121,
    fault: "50 equal requests at once, a vendor that finds them wrong",
    expected: "one call; all are told",
    run: () =>
      trial({ b: false, router: CACHE }, async (t) => {
        t.a.otherwise(after(20, refused(400, "no such field", "invalid_value")));
        const outcomes = await Promise.all(Array.from({ length: 50 }, () => t.chat()));
        assert.ok(outcomes.every(({ error }) => error?.kind === "invalid_request"));
        assert.equal(t.a.requests.length, 1);
      }),
  },
  {
    number: 122,
    fault: "a rate limit at one, a refused key at the other",
    expected: "the message names both, the key first; status, ids and waits in attempts",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(
          refused(429, "slow down", "rate_limit_exceeded", { "x-request-id": "req_a", "retry-after": "90" }),
        );
        t.b.otherwise(refused(401, "Incorrect API key provided", "invalid_api_key", { "cf-ray": "ray_b" }));
        const { error } = await t.chat();
        assert.match(
          error?.message ?? "",
          /^All calls failed: b\/test-model: the key was refused .*; a\/test-model: too many/,
        );
        const [atA, atB] = error?.attempts ?? [];
        assert.deepEqual(
          [atA?.upstreamRequestId, atA?.retryAfterMs, atB?.upstreamRequestId],
          ["req_a", 90_000, "ray_b"],
        );
        assert.deepEqual(
          t.told("attempt").map(({ message }) => message),
          error?.attempts.map(({ message }) => message),
        );
      }),
  },
  {
    number: 123,
    fault: "an error that quotes the key and the prompt, and a request id that is the key",
    expected: "the line that is kept holds neither",
    run: () =>
      trial({ b: false, router: { retry: { attempts: 1 } } }, async (t) => {
        t.a.otherwise(refused(500, `with ${KEY} you asked "${PROMPT}"\nand it broke`, "oops", { "request-id": KEY }));
        for (const { error } of [await t.chat(), await t.stream()]) {
          const [attempt] = error?.attempts ?? [];
          assert.match(attempt?.message ?? "", /and it broke$/);
          assert.ok(!attempt?.message?.includes("\n"));
        }
      }),
  },
  {
    number: 124,
    fault: "a failure in a program that has to find its own line",
    expected: "the stack ends there; a console prints one screen",
    run: () =>
      trial({ router: { retry: { attempts: 2 } } }, async (t) => {
        t.a.otherwise(html(500));
        t.b.otherwise(html(502));
        const outcomes: Outcome[] = [];
        async function theProgramOfTheCaller(): Promise<void> {
          const request = { messages: [{ role: "user" as const, content: PROMPT }] };
          await t.router.chat(request).catch((error) => outcomes.push(error));
          await t.router.chat(request);
        }
        const error: Error = await theProgramOfTheCaller().then(
          () => assert.fail("answered"),
          (thrown) => thrown,
        );
        assert.match(error.stack ?? "", /theProgramOfTheCaller/);
        assert.ok(inspect(error).split("\n").length < 25);
      }),
  },
  {
    number: 125,
    fault: "an answer that is refused here after its vendor gave it an id",
    expected: "the id is in the attempt",
    run: () =>
      trial({}, async (t) => {
        t.a.script(json(200, { choices: [] }, { "x-amzn-requestid": "amzn-1" }));
        const { reply } = await t.chat();
        assert.equal(reply?.route.attempts[0]?.upstreamRequestId, "amzn-1");
        t.a.script(answers("from a", { headers: { "x-request-id": "fine" } }));
        assert.equal((await t.chat()).reply?.route.attempts[0]?.upstreamRequestId, undefined);
      }),
  },
];
