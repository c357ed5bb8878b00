import assert from "node:assert/strict";
import { answers, type Fault, html, json, text } from "signalbox/testing";
import { assertFailed, assertMoved, type FaultCase, trial } from "./case.js";
import type { Side } from "./sides.js";
import type { Trial } from "./trial.js";

// No verdict is larger than its evidence: what one caller's request, or key, met with stays that caller's.

const refused = (status: number, message: string, more: object = {}): Fault =>
  json(status, { error: { message, ...more } });

/** One request is refused so and moves on; the next caller's goes to a as if nothing had been. */
async function stayedAlone(
  fault: Fault,
  kind: Parameters<typeof assertMoved>[1]["kind"],
  detail?: string,
): Promise<void> {
  for (const streamed of [false, true]) {
    await trial({}, async (t) => {
      t.a.script(fault);
      assertMoved(await (streamed ? t.stream() : t.chat()), { kind, detail });
      assert.equal(t.exclusionOfA(), null);
      assert.equal((await t.chat()).text, "from a");
      assert.deepEqual(t.told("breaker"), []);
    });
  }
}

/** The keys that the server saw, in order. */
const keysAt = ({ a }: Trial): string[] => a.requests.map(({ headers }) => (headers.authorization ?? "").slice(7));

/** A provider that accepts these keys alone, and its server's answers by key. */
const acceptsOnly = (...good: readonly string[]): Fault => ({
  name: "a vendor that knows its keys",
  run: (exchange) => {
    const key = exchange.request?.headers.authorization?.slice(7) ?? "";
    const fault = good.includes(key)
      ? answers("from a")
      : refused(401, "Incorrect API key", { code: "invalid_api_key" });
    return fault.run(exchange);
  },
});

const keyed = (apiKey: NonNullable<Side["more"]>["apiKey"]): Side => ({ more: { apiKey } });

export const SCOPE_CASES: readonly FaultCase[] = [
  {
    number: 101,
    fault: "403 for a flagged prompt",
    expected: "content_filter, to that caller alone",
    run: () =>
      trial({}, async (t) => {
        t.a.script(refused(403, "Your prompt was flagged by our moderation"));
        assertFailed(await t.chat(), { kind: "content_filter" }, 1);
        assert.equal(t.exclusionOfA(), null);
        assert.equal((await t.stream()).text, "from a");
      }),
  },
  {
    number: 102,
    fault: "403 with a proxy's page of HTML",
    expected: "fallback; nobody else notices",
    run: () => stayedAlone(html(403), "permission"),
  },
  {
    number: 103,
    fault: "404: no endpoint of the model supports what this request asks",
    expected: "unsupported: fallback; nobody else notices",
    run: () => stayedAlone(refused(404, "No endpoints found that support tool use"), "unsupported", "parameter"),
  },
  {
    number: 104,
    fault: "402: the balance does not cover this max_tokens",
    expected: "quota/request: fallback; nobody else notices",
    run: () =>
      stayedAlone(refused(402, "You requested up to 64000 tokens, but can only afford 900"), "quota", "request"),
  },
  {
    number: 105,
    fault: "403 without a word, for three requests in a row",
    expected: "set aside for seconds, then tried by a live request",
    run: () =>
      trial({}, async (t) => {
        t.a.script(text(403), text(403), text(403));
        for (let n = 0; n < 3; n++) assertMoved(await t.chat(), { kind: "permission" });
        assert.equal(t.exclusionOfA(), "disabled");
        await t.clock.advance(15_000);
        assert.equal((await t.chat()).text, "from a");
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 106,
    fault: "403 without a word, with answers between",
    expected: "never set aside",
    run: () =>
      trial({}, async (t) => {
        for (let n = 0; n < 6; n++) {
          t.a.script(text(403));
          assertMoved(await t.chat(), { kind: "permission" });
          assert.equal((await t.chat()).text, "from a");
        }
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 107,
    fault: "403 without a word at a lone candidate, over and over",
    expected: "tried again within 30 s each time",
    run: () =>
      trial({ b: false }, async (t) => {
        t.a.otherwise(text(403));
        for (let n = 0; n < 3; n++) await t.chat();
        for (let n = 0; n < 6; n++) {
          await t.clock.advance(40_000);
          const before = t.a.requests.length;
          assert.equal((await t.chat()).error?.kind, "permission");
          assert.equal(t.a.requests.length, before + 1);
        }
      }),
  },
  {
    number: 108,
    fault: "404 while a model is still loading",
    expected: "it comes back by itself",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(text(404));
        for (let n = 0; n < 6; n++) await t.chat();
        t.a.otherwise(answers("from a"));
        await t.clock.advance(120_000);
        assert.equal((await t.chat()).text, "from a");
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 109,
    fault: "a token that has expired",
    expected: "the key function is asked again; the call counts as none that failed",
    run: async () => {
      for (const streamed of [false, true]) {
        let asked = 0;
        await trial({ a: keyed(() => `token-${++asked}`), b: false }, async (t) => {
          t.a.otherwise(acceptsOnly("token-2", "token-3"));
          const { reply, text: said } = await (streamed ? t.stream() : t.chat());
          assert.equal(said, "from a");
          assert.deepEqual(
            reply?.route.attempts.map(({ outcome }) => outcome),
            ["success"],
          );
          assert.deepEqual([asked, keysAt(t)], [2, ["token-1", "token-2"]]);
        });
      }
    },
  },
  {
    number: 110,
    fault: "a token that expires under 30 calls in flight",
    expected: "asked again once for all of them; none fails",
    run: async () => {
      let valid = "old";
      let asked = 0;
      const side = keyed(async () => {
        asked++;
        return valid;
      });
      await trial({ a: side, b: false }, async (t) => {
        await t.chat();
        valid = "new";
        const askedBefore = asked;
        t.a.otherwise(acceptsOnly("new"));
        const outcomes = await Promise.all(Array.from({ length: 30 }, () => t.chat()));
        assert.ok(outcomes.every(({ text: said }) => said === "from a"));
        assert.ok(asked - askedBefore <= 31, `${asked - askedBefore} times`);
      });
    },
  },
  {
    number: 111,
    fault: "one tenant's own key is refused",
    expected: "told to that tenant alone",
    run: () =>
      trial({ a: keyed(({ tenant }: { tenant?: string | undefined }) => `key-of-${tenant}`), b: false }, async (t) => {
        t.a.otherwise(acceptsOnly("key-of-acme"));
        for (let n = 0; n < 4; n++) {
          assertFailed(await t.chat({}, { tenant: "umbrella" }), { kind: "auth", detail: "caller_key" }, 1);
          assert.equal((await t.chat({}, { tenant: "acme" })).text, "from a");
        }
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 112,
    fault: "four of five keys are revoked",
    expected: "one call answers with the fifth; the others are not tried again at once",
    run: () =>
      trial({ a: keyed(["k1", "k2", "k3", "k4", "k5"]), b: false }, async (t) => {
        t.a.otherwise(acceptsOnly("k5"));
        const { reply } = await t.chat();
        assert.equal(reply?.route.attempts.length, 1);
        const tried = t.a.requests.length;
        for (let n = 0; n < 10; n++) assert.equal((await t.chat()).text, "from a");
        assert.equal(t.a.requests.length, tried + 10);
      }),
  },
  {
    number: 113,
    fault: "the key function throws, then has a key again",
    expected: "fallback; a comes back in seconds",
    run: () => {
      let broken = true;
      const side = keyed(() => {
        if (broken) throw new Error("the vault is sealed");
        return "k";
      });
      return trial({ a: side }, async (t) => {
        assertMoved(await t.chat(), { kind: "auth", detail: "key_function" });
        broken = false;
        await t.clock.advance(7_000);
        assert.equal((await t.chat()).text, "from a");
      });
    },
  },
  {
    number: 114,
    fault: "the whole allowance was spent on hidden thinking",
    expected: "an answer, cut and saying so; one call, breaker closed",
    run: async () => {
      for (const streamed of [false, true]) {
        await trial({ b: false }, async (t) => {
          t.a.otherwise(answers("", { finishReason: "length" }));
          for (let n = 0; n < 6; n++) {
            const { reply } = await (streamed ? t.stream() : t.chat());
            assert.equal(reply?.choices[0].finish_reason, "length");
          }
          assert.deepEqual([t.a.requests.length, t.exclusionOfA()], [6, null]);
        });
      }
    },
  },
];
