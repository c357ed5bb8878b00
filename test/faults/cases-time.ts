import assert from "node:assert/strict";
import { createRouter, defineStrategy, openaiCompatible, SignalboxError } from "signalbox";
import { after, answers, json, type ScriptStep, scriptedProvider, silence, testModel } from "signalbox/testing";
import { assertFailed, assertMoved, type FaultCase, trial } from "./case.js";
import { REQUEST } from "./sides.js";
import { breathe } from "./trial.js";

const DAY = 86_400_000;
const down = () => json(500, { error: { message: "down" } });

export const TIME_CASES: readonly FaultCase[] = [
  {
    number: 85,
    fault: "the wall clock jumps by an hour and by 30 days, both ways",
    expected: "breaker, cool-down and cache do not notice",
    run: async () => {
      for (const jump of [3_600_000, -3_600_000, 30 * DAY, -30 * DAY]) {
        await trial({ router: { cache: { maxBytes: 1_000_000, ttlMs: 60_000 } } }, async (t) => {
          t.a.script(...Array.from({ length: 5 }, down));
          for (let n = 0; n < 5; n++) await t.chat({}, { cache: false });
          assert.equal(t.exclusionOfA(), "breaker_open");
          assert.equal((await t.chat()).text, "from b");
          t.clock.jumpWall(jump);
          assert.equal(t.exclusionOfA(), "breaker_open");
          assert.equal((await t.chat()).reply?.route.cache.status, "hit");
          await t.clock.advance(5_000);
          assert.equal(t.exclusionOfA(), null);
          t.clock.jumpWall(-jump);
          await t.clock.advance(56_000);
          assert.equal((await t.chat()).reply?.route.cache.status, "miss");
          t.router.reset();
          // A second after its last success: sooner, the hint would bind that one caller alone.
          await t.clock.advance(2_000);
          t.a.script(json(429, {}, { "retry-after": "60" }));
          await t.chat({}, { cache: false });
          t.clock.jumpWall(jump);
          await t.clock.advance(59_000);
          assert.equal(t.exclusionOfA(), "cool_down");
          await t.clock.advance(2_000);
          assert.equal(t.exclusionOfA(), null);
        });
      }
    },
  },
  {
    number: 86,
    fault: "the process is suspended, or its event loop blocked",
    expected: "no provider is blamed",
    run: () =>
      trial({}, async (t) => {
        for (const streamed of [false, true]) {
          t.a.script(after(40, answers("from a")));
          const asked = streamed ? t.stream() : t.chat();
          await t.a.received(streamed ? 2 : 1);
          await t.clock.suspend(300_000);
          assert.equal((await asked).text, "from a");
        }
        assert.deepEqual([t.exclusionOfA(), t.b.requests.length], [null, 0]);
      }),
  },
  {
    number: 87,
    fault: "all providers are down",
    expected: "at most four upstream calls, in bounded time; where nobody may wait, then at once, with retryAfterMs",
    run: () =>
      trial({ router: { retry: { maxWaitMs: 0 } } }, async (t) => {
        t.a.otherwise(down());
        t.b.otherwise(down());
        const outcome = await t.drive(t.chat(), 60_000);
        assert.equal(outcome.error?.kind, "server");
        assert.equal(outcome.error?.attempts.length, 4);
        assert.equal(t.a.requests.length + t.b.requests.length, 4);
        for (let n = 0; n < 8; n++) await t.drive(t.chat(), 60_000);
        const before = t.a.requests.length + t.b.requests.length;
        // One request a second may still try; all others are told how long to wait.
        const told = (await Promise.all([t.chat(), t.chat(), t.chat()])).filter(
          ({ error }) => error?.kind === "unavailable",
        );
        assert.ok(told.length >= 2, `${told.length} of 3 were told`);
        for (const { error, tookMs } of told) {
          assert.equal(tookMs, 0);
          assert.ok((error?.retryAfterMs ?? 0) > 0 && (error?.retryAfterMs ?? 0) <= 300_000);
          assert.deepEqual(
            error?.excluded.map(({ reason }) => reason),
            ["breaker_open", "breaker_open"],
          );
        }
        assert.ok(t.a.requests.length + t.b.requests.length - before <= 1);
      }),
  },
  {
    number: 88,
    fault: "one provider down, the other rate-limited",
    expected: "no ping-pong: four calls at most, the limited one asked once",
    run: () =>
      trial({}, async (t) => {
        t.a.otherwise(down());
        t.b.otherwise(json(429, {}, { "retry-after": "30" }));
        const first = await t.drive(t.chat(), 60_000);
        assert.notEqual(first.error, undefined);
        assert.ok(t.a.requests.length <= 3);
        assert.equal(t.b.requests.length, 1);
        for (let n = 0; n < 3; n++) await t.drive(t.chat(), 5_000);
        assert.equal(t.b.requests.length, 1);
      }),
  },
  {
    number: 89,
    fault: "a provider that fails every other time",
    expected: "open times escalate; never more than two calls per request",
    run: () =>
      trial({}, async (t) => {
        let n = 0;
        const flap = {
          name: "flapping",
          run: (exchange: Parameters<ReturnType<typeof answers>["run"]>[0]) =>
            (n++ % 2 ? answers("from a") : down()).run(exchange),
        };
        t.a.otherwise(flap);
        for (let request = 0; request < 300; request++) {
          const { error, reply } = await t.chat();
          assert.equal(error, undefined);
          assert.ok((reply?.route.attempts.length ?? 9) <= 2);
          await t.clock.advance(250);
        }
        const opened = t
          .told("breaker")
          .filter(({ to }) => to === "open")
          .map(({ openMs }) => openMs ?? 0);
        assert.ok(opened.length >= 3, `${opened.length} openings`);
        assert.ok((opened.at(-1) ?? 0) >= 2 * (opened[0] ?? 0), `open times ${opened}`);
        assert.ok(t.a.requests.length < 150, `${t.a.requests.length} calls`);
      }),
  },
  {
    number: 90,
    fault: "50 requests at once while a breaker is half-open",
    expected: "one probe; 49 are served elsewhere",
    run: () =>
      trial({}, async (t) => {
        await t.halfOpenA();
        const before = t.a.requests.length;
        t.a.script(after(30, answers("from a")));
        const outcomes = await Promise.all(Array.from({ length: 50 }, () => t.chat()));
        assert.equal(t.a.requests.length - before, 1);
        assert.equal(outcomes.filter(({ text }) => text === "from a").length, 1);
        assert.equal(outcomes.filter(({ text }) => text === "from b").length, 49);
      }),
  },
  {
    number: 91,
    fault: "a probe hangs; a probe is cancelled; a stale probe ends late",
    expected: "its place is freed; the late word is ignored",
    run: async () => {
      await trial({ router: { timeouts: { headersMs: 200_000, totalMs: 500_000 } } }, async (t) => {
        await t.halfOpenA();
        const before = t.a.requests.length;
        t.a.script(silence());
        const hung = t.chat();
        await t.a.received(before + 1);
        assert.equal((await t.chat()).text, "from b", "the one probe is out");
        await t.clock.advance(61_000);
        for (let n = 0; n < 2; n++) assert.equal((await t.chat()).text, "from a", "the hung probe's place is free");
        assert.equal(t.router.health().candidates[0]?.status === "unhealthy", false);
        await t.clock.advance(140_000);
        assert.equal((await hung).text, "from b");
        assert.equal(t.exclusionOfA(), null, "the stale probe's failure says nothing");
      });
      await trial({}, async (t) => {
        await t.halfOpenA();
        const before = t.a.requests.length;
        t.a.script(silence());
        const controller = new AbortController();
        const probe = t.chat({}, { signal: controller.signal });
        await t.a.received(before + 1);
        controller.abort();
        assert.equal((await probe).error?.kind, "cancelled");
        for (let n = 0; n < 2; n++) assert.equal((await t.chat()).text, "from a");
        assert.ok(t.told("breaker").some(({ to }) => to === "closed"));
      });
    },
  },
  {
    number: 92,
    fault: "four failures, ten idle minutes, one failure",
    expected: "the old ones are forgotten",
    run: () =>
      trial({}, async (t) => {
        t.a.script(...Array.from({ length: 5 }, down));
        for (let n = 0; n < 4; n++) await t.chat();
        await t.clock.advance(600_000);
        assertMoved(await t.chat(), { kind: "server" });
        assert.deepEqual([t.exclusionOfA(), t.told("breaker")], [null, []]);
      }),
  },
  {
    number: 96,
    fault: "a key with a line break, or not Latin",
    expected: "an option error that names the path, not the value; nothing is sent",
    run: async () => {
      for (const apiKey of ["sb-secret\nX-Evil: 1", "sb-secret-ключ", "sb-secret 密钥"]) {
        const make = () =>
          openaiCompatible({ id: "a", baseURL: "http://127.0.0.1:9/v1", models: [testModel("m")], apiKey });
        assert.throws(make, (error: unknown) => {
          assert.ok(SignalboxError.isInstance(error));
          assert.equal(error.kind, "invalid_options");
          assert.match(error.path ?? "", /apiKey/);
          assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes("sb-secret"));
          return true;
        });
      }
      await trial(
        {
          providers: () => [
            openaiCompatible({
              id: "a",
              baseURL: "http://127.0.0.1:9/v1",
              models: [testModel("m")],
              apiKey: async () => "sb-secret\nkey",
            }),
          ],
        },
        async (t) => {
          const { error } = await t.drive(t.chat(), 20_000);
          assert.ok(
            error !== undefined && !`${error.stack}${JSON.stringify(error)}${error.cause}`.includes("sb-secret"),
          );
        },
      );
    },
  },
  {
    number: 97,
    fault: "listeners, a strategy and a classifier table that throw or reject",
    expected: "the request is served; a warning tells",
    run: () => {
      const broken = defineStrategy({
        name: "broken",
        score: () => {
          throw new Error("a bug in a strategy");
        },
      });
      const pattern = Object.assign(/x/, {
        test: () => {
          throw new Error("a bug in a pattern");
        },
      });
      return trial({ router: { strategy: broken } }, async (t) => {
        t.router.on("attempt", () => {
          throw new Error("a bug in a listener");
        });
        t.router.on("done", (async () => {
          throw new Error("a bug in an async listener");
        }) as () => void);
        assert.equal((await t.chat()).text, "from a");
        assert.equal((await t.stream()).text, "from a");
        await breathe(1);
        assert.ok(t.told("warning").length >= 3, `${t.told("warning").map(({ code }) => code)}`);
        const odd = openaiCompatible({
          id: "odd",
          baseURL: t.a.url,
          models: [testModel("m")],
          codes: { patterns: [{ pattern, kind: "quota" }] },
        });
        t.a.script(json(400, { error: { message: "bad" } }));
        const own = createRouter({ providers: [odd] });
        const error = await own.chat(REQUEST).catch((thrown) => thrown);
        assert.ok(SignalboxError.isInstance(error));
        await own.close();
      });
    },
  },
  {
    number: 98,
    fault: "slow to begin and quick after; and the other way round",
    expected: "only the slow beginning counts as slow",
    run: async () => {
      const run = (slow: ScriptStep, opens: boolean) => {
        let quick = 40;
        const step: ScriptStep = (...args) =>
          quick-- > 0 ? "quick" : typeof slow === "function" ? slow(...args) : slow;
        return trial(
          {
            providers: (clock) => [
              scriptedProvider({ id: "a", otherwise: step, clock }),
              scriptedProvider({ id: "b", otherwise: "from b", clock }),
            ],
          },
          async (t) => {
            // A history of quick answers, so that 20 s are slow for this provider.
            for (let n = 0; n < 40; n++) await t.stream();
            await t.clock.advance(61_000);
            await t.drive(Promise.all(Array.from({ length: 10 }, () => t.stream())), 60_000, 1_000);
            const reasons = t
              .told("breaker")
              .filter(({ to }) => to === "open")
              .map(({ reason }) => reason);
            assert.equal(reasons.length > 0, opens, `${reasons}`);
          },
        );
      };
      await run({ pieces: ["a", 20_000, "b"] }, false);
      await run({ pieces: [20_000, "a", "b"] }, true);
    },
  },
  {
    number: 99,
    fault: "two routers in one process over the same providers",
    expected: "what one learned, the other does not know",
    run: () =>
      trial({}, async (t) => {
        t.a.script(json(401, {}));
        assertMoved(await t.chat(), { kind: "auth" });
        assert.equal(t.exclusionOfA(), "disabled");
        await trial({ a: { url: t.a.url } }, async (other) => {
          assert.equal(other.exclusionOfA(), null);
          assert.equal((await other.chat()).text, "from a");
          assert.equal(other.told("attempt").length, 1);
        });
        assert.equal(t.exclusionOfA(), "disabled");
        t.router.enable("a");
        assert.equal((await t.chat()).text, "from a");
        assertFailed({ ...(await t.chat({ messages: [] })), reply: undefined }, { kind: "invalid_request" }, 0);
      }),
  },
];
