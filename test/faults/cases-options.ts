import assert from "node:assert/strict";
import { SignalboxError } from "signalbox";
import { after, answers, headersThenSilence, json, silence, stream, textEvent } from "signalbox/testing";
import { assertFailed, assertMoved, type FaultCase, trial } from "./case.js";
import { providerOf, REQUEST } from "./sides.js";
import type { Trial } from "./trial.js";

// What people set holds while things go wrong.

const filtered = json(400, {
  error: {
    code: "content_filter",
    message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy",
    innererror: {
      content_filter_result: { hate: { filtered: false }, violence: { filtered: true, severity: "medium" } },
    },
  },
});
const down = json(500, { error: { message: "down" } });
const tag = (name: string) => ({ more: { tags: [name] } });

/** Who was asked, by the number of requests at each server. */
const asked = ({ a, b }: Trial): readonly number[] => [a.requests.length, b.requests.length];

export const OPTION_CASES: readonly FaultCase[] = [
  {
    number: 126,
    fault: "a content filter, where `policy` lets it move on",
    expected: "another vendor answers; nobody is blamed",
    run: () =>
      trial({ router: { policy: { content_filter: { nextCandidate: true } } } }, async (t) => {
        t.a.script(filtered, filtered);
        assertMoved(await t.chat(), { kind: "content_filter" });
        assertMoved(await t.stream(), { kind: "content_filter" });
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 127,
    fault: "Azure's content filter",
    expected: "its categories stay readable",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(filtered);
        for (const outcome of [await t.chat(), await t.stream()]) {
          assertFailed(outcome, { kind: "content_filter" }, 1);
          assert.deepEqual(outcome.error?.filtered, [{ category: "violence", severity: "medium" }]);
        }
      }),
  },
  {
    number: 128,
    fault: "429 without a header, where `policy` cools down for a second",
    expected: "back within two",
    run: () =>
      trial({ router: { policy: { rate_limit: { coolDownMs: 1_000 } } } }, async (t) => {
        t.a.script(json(429, {}));
        assertMoved(await t.chat(), { kind: "rate_limit" });
        assert.equal(t.exclusionOfA(), "cool_down");
        await t.clock.advance(2_001);
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 129,
    fault: "a silent provider with `timeouts` of its own",
    expected: "left after its own time, not after the router's",
    run: () =>
      trial({ a: { more: { timeouts: { headersMs: 300 } } } }, async (t) => {
        t.a.script(silence());
        const outcome = await t.drive(t.chat(), 1_000, 20);
        assertMoved(outcome, { kind: "timeout", detail: "headers" });
        assert.ok(outcome.tookMs >= 300 && outcome.tookMs < 600, `${outcome.tookMs} ms`);
      }),
  },
  {
    number: 130,
    fault: "a silent stream, and a call with `timeouts` of its own",
    expected: "left after the call's time",
    run: () =>
      trial({}, async (t) => {
        t.a.script(headersThenSilence());
        const outcome = await t.drive(t.stream({}, { timeouts: { firstTokenMs: 200 } }), 1_000, 20);
        assertMoved(outcome, { kind: "timeout", detail: "first_token" });
        assert.ok(outcome.tookMs < 500, `${outcome.tookMs} ms`);
      }),
  },
  {
    number: 131,
    fault: "all down, and a call with `retry: { attempts: 1 }`",
    expected: "one upstream call",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(down);
        t.b.otherwise(down);
        assertFailed(await t.chat({}, { retry: { attempts: 1 } }), { kind: "server" }, 1);
        assert.deepEqual(asked(t), [1, 0]);
      }),
  },
  {
    number: 132,
    fault: "20 calls at a provider with `rpm: 3`, in listed order",
    expected: "three there, the others elsewhere",
    run: () =>
      trial({ router: { limits: { a: { rpm: 3, adaptive: false } } } }, async (t) => {
        for (let n = 0; n < 20; n++) await t.chat();
        assert.deepEqual(asked(t), [3, 17]);
      }),
  },
  {
    number: 133,
    fault: "one tenant's 20 calls, then another's one, at a provider that takes one at a time",
    expected: "tenants take turns",
    run: () =>
      trial({ b: false, router: { limits: { a: { maxConcurrent: 1 } } } }, async (t) => {
        t.a.otherwise(after(3, answers("from a")));
        const order: string[] = [];
        const call = async (tenant: string): Promise<void> => {
          await t.chat({}, { tenant });
          order.push(tenant);
        };
        const all = [...Array.from({ length: 20 }, () => call("many")), call("one")];
        await Promise.all(all);
        assert.ok(order.indexOf("one") <= 2, order.join());
      }),
  },
  {
    number: 134,
    fault: "more calls than `maxQueue` lets wait",
    expected: "saturated at once, with when to come back; nothing sent, nobody blamed",
    run: () =>
      trial({ b: false, router: { limits: { a: { maxConcurrent: 1, maxQueue: 2 } } } }, async (t) => {
        t.a.otherwise(after(10, answers("from a")));
        const all = [t.chat(), t.chat(), t.chat(), t.chat()];
        const last = await (all[3] as (typeof all)[number]);
        assertFailed(last, { kind: "saturated" }, 0);
        assert.ok((last.error?.retryAfterMs ?? 0) > 0);
        await Promise.all(all);
        assert.deepEqual([t.a.requests.length, t.exclusionOfA()], [3, null]);
      }),
  },
  {
    number: 135,
    fault: "everybody of the first tier is down",
    expected: "the second tier answers; the first is asked again once it is well",
    run: () =>
      trial({ router: { tiers: [["a"], ["b"]], retry: { attempts: 2 } } }, async (t) => {
        t.a.otherwise(down);
        for (let n = 0; n < 6; n++) assert.equal((await t.chat()).text, "from b");
        t.a.otherwise(answers("from a"));
        await t.clock.advance(30_000);
        assert.equal((await t.chat()).text, "from a");
      }),
  },
  {
    number: 136,
    fault: "a session's home fails once",
    expected: "the session moves, and stays where it went",
    run: () =>
      trial({}, async (t) => {
        const sessionKey = "agent 7";
        assert.equal((await t.chat({}, { sessionKey })).text, "from a");
        t.a.script(down);
        assert.equal((await t.chat({}, { sessionKey })).text, "from b");
        for (let n = 0; n < 3; n++) assert.equal((await t.chat({}, { sessionKey })).text, "from b");
        assert.equal((await t.chat()).text, "from a");
      }),
  },
  {
    number: 137,
    fault: "the only candidate with the tags that a call demands is down",
    expected: "no other is asked",
    run: () =>
      trial({ a: tag("eu"), b: tag("us"), router: { retry: { attempts: 1 } } }, async (t) => {
        t.a.otherwise(down);
        const { error } = await t.chat({}, { requireTags: ["eu"] });
        assert.equal(error?.kind, "server");
        assert.deepEqual(asked(t), [1, 0]);
        assert.deepEqual(t.router.explain(REQUEST, { requireTags: ["eu"] }).excluded, [
          { id: "b/test-model", reason: "missing_tags" },
        ]);
      }),
  },
  {
    number: 138,
    fault: "a locked view's only candidate is down, and the call asks for more",
    expected: "nothing is widened, not even in need",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(json(401, { error: { message: "no", code: "invalid_api_key" } }));
        const view = t.router.with({ allow: ["a"], tenant: "acme" }, { locked: true });
        const failure = async (options: object): Promise<SignalboxError> =>
          view.chat(REQUEST, options).then(
            () => assert.fail("answered"),
            (error) => error,
          );
        assert.equal((await failure({ allow: ["a", "b"] })).kind, "auth");
        assert.ok(SignalboxError.isInstance(await failure({ allow: ["b"] })));
        assert.equal((await failure({ tenant: "umbrella" })).kind, "invalid_request");
        assert.equal(t.b.requests.length, 0);
      }),
  },
  {
    number: 139,
    fault: "a provider is removed while it answers",
    expected: "those answers arrive; nothing new goes there",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(after(20, answers("from a")));
        const under = [t.chat(), t.stream(), t.chat()];
        await t.a.received(3);
        t.router.update({ providers: [providerOf("b", t.b, t.clock)] });
        assert.equal((await t.chat()).text, "from b");
        for (const outcome of under) assert.equal((await outcome).text, "from a");
        assert.equal(t.a.requests.length, 3);
      }),
  },
  {
    number: 140,
    fault: "a secret header of one call, quoted by the vendor",
    expected: "sent by that call alone; in no error or event",
    run: () =>
      trial({ b: false, router: { retry: { attempts: 1 } } }, async (t) => {
        const headers = { "x-customer-token": "tok-very-secret-9876" };
        t.a.script(json(500, { error: { message: "no route for tok-very-secret-9876" } }));
        const { error } = await t.chat({}, { headers });
        assert.ok(!JSON.stringify([error, t.events]).includes("very-secret"));
        await t.chat();
        assert.deepEqual(
          t.a.requests.map((request) => request.headers["x-customer-token"]),
          ["tok-very-secret-9876", undefined],
        );
      }),
  },
  {
    number: 141,
    fault: "a stream that is cut, where `policy` says that nothing moves on after a cut",
    expected: "told to its reader, with the part that came",
    run: () =>
      trial(
        { router: { policy: { stream_interrupted: { nextCandidate: false, sameProvider: false } } } },
        async (t) => {
          t.a.script(stream([textEvent("Hello")], "rst"), stream([], "rst"));
          const begun = await t.stream();
          assert.deepEqual([begun.error?.kind, begun.error?.partial?.text], ["stream_interrupted", "Hello"]);
          assert.equal((await t.stream()).error?.kind, "stream_interrupted");
          assert.equal(t.b.requests.length, 0);
        },
      ),
  },
];
