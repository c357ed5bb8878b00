import assert from "node:assert/strict";
import {
  closeOnAccept,
  closesUnderNext,
  createBlackhole,
  createFaultServer,
  drip,
  faultFetch,
  garbage,
  halfHeaders,
  halfStatusLine,
  headersThenSilence,
  hugeHeader,
  keepAliveOnly,
  refusedUrl,
  resetAfterRequest,
  resetOnAccept,
  slowHeaders,
  stream,
  textEvent,
} from "signalbox/testing";
import { assertFailed, assertMoved, assertRetried, type FaultCase, failsOver, trial } from "./case.js";
import { breathe } from "./trial.js";

const connect = { kind: "network", detail: "connect" } as const;
const reset = { kind: "network", detail: "reset" } as const;
const tls = { kind: "network", detail: "tls" } as const;
const http = { kind: "malformed_response", detail: "http" } as const;

/** Fails for all calls of one fetch with a system error, or for the first alone. */
const always = (code: string): typeof fetch => faultFetch(Array.from({ length: 50 }, () => code));

export const CONNECT_CASES: readonly FaultCase[] = [
  {
    number: 1,
    fault: "connection refused",
    expected: "fallback at once; breaker counts; alone: one retry",
    run: async () => {
      const url = await refusedUrl();
      await trial({ a: { url } }, async (t) => {
        assertMoved(await t.chat(), connect);
        for (let n = 0; n < 5; n++) assert.equal((await t.stream()).text, "from b");
        assert.equal(t.exclusionOfA(), "breaker_open");
      });
      await trial({ a: { fetch: faultFetch(["ECONNREFUSED"]) }, b: false }, async (t) => {
        assertRetried(await t.drive(t.chat(), 5_000), connect);
      });
    },
  },
  {
    number: 2,
    fault: "DNS: host not found",
    expected: "fallback at once; breaker counts",
    run: () =>
      trial({ a: { fetch: always("ENOTFOUND") } }, async (t) => {
        assertMoved(await t.chat(), { kind: "network", detail: "dns" });
        for (let n = 0; n < 5; n++) await t.stream();
        assert.equal(t.exclusionOfA(), "breaker_open");
      }),
  },
  {
    number: 3,
    fault: "DNS: try again, then fine",
    expected: "the retry succeeds",
    run: () =>
      trial({ a: { fetch: faultFetch(["EAI_AGAIN"]) }, b: false }, async (t) => {
        assertRetried(await t.drive(t.chat(), 5_000), { kind: "network", detail: "dns" });
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 4,
    fault: "a connect that nobody answers",
    expected: "the head's timer fires, fallback",
    run: async () => {
      const blackhole = await createBlackhole();
      await trial({ a: { url: blackhole.url } }, async (t) => {
        t.cleanUp(() => blackhole.close());
        const outcome = await t.drive(t.stream(), 35_000, 5_000);
        assertMoved(outcome, { kind: "timeout", detail: "headers" });
        assert.ok(outcome.tookMs >= 30_000);
        assert.equal(t.exclusionOfA(), "breaker_open", "a hang opens at once where another is healthy");
      });
    },
  },
  {
    number: 5,
    fault: "https to a plaintext port",
    expected: "tls: fallback, no retry, disabled 5 min",
    run: async () => {
      const plain = await createFaultServer();
      const side = { url: plain.url.replace("http:", "https:") };
      await trial({ a: side }, async (t) => {
        assertMoved(await t.chat(), tls);
        assert.equal(t.exclusionOfA(), "disabled");
        await t.clock.advance(299_000);
        assert.equal(t.exclusionOfA(), "disabled");
        await t.clock.advance(2_000);
        assert.equal(t.exclusionOfA(), null);
      });
      await trial({ a: side, b: false }, async (t) => assertFailed(await t.drive(t.chat(), 5_000), tls, 1));
      assert.equal(plain.requests.length, 0);
      await plain.close();
    },
  },
  {
    number: 6,
    fault: "self-signed, expired, wrong-host certificate",
    expected: "tls; never downgraded: the request is never sent",
    run: async () => {
      for (const fault of ["self_signed", "expired", "wrong_host"] as const) {
        const secure = await createFaultServer({ tls: fault });
        await trial({ a: { url: secure.url } }, async (t) => {
          assertMoved(await t.chat(), tls);
          assert.equal(t.exclusionOfA(), "disabled");
        });
        assert.equal(secure.requests.length, 0);
        await secure.close();
      }
    },
  },
  {
    number: 7,
    fault: "RST on accept",
    expected: "fallback; alone: a retry",
    run: () => failsOver(resetOnAccept(), reset),
  },
  {
    number: 8,
    fault: "FIN on accept",
    expected: "fallback; alone: a retry on a new socket",
    run: () => failsOver(closeOnAccept(), reset),
  },
  {
    number: 9,
    fault: "RST after the request, before the head",
    expected: "fallback; alone: one retry",
    run: () => failsOver(resetAfterRequest(), reset),
  },
  {
    number: 10,
    fault: "an idle connection closes just as the request is sent",
    expected: "it goes out again at once, as the same call; breaker unaffected",
    run: async () => {
      await trial({ b: false }, async (t) => {
        t.a.script(...Array.from({ length: 12 }, () => closesUnderNext("from a")));
        for (let n = 0; n < 6; n++) {
          const outcome = await t.drive(t.chat(), 5_000);
          assert.equal(outcome.text, "from a");
          assert.equal(outcome.reply?.route.attempts.length, 1);
          await breathe(5);
        }
        assert.equal(t.exclusionOfA(), null);
        assert.deepEqual(t.told("breaker"), []);
        assert.ok(t.told("attempt").every(({ outcome }) => outcome === "success"));
      });
    },
  },
  {
    number: 11,
    fault: "a garbage status line",
    expected: "malformed; fallback",
    run: () => failsOver(garbage(), http),
  },
  {
    number: 12,
    fault: "half a status line, then FIN",
    expected: "fallback; alone: a retry",
    run: () => failsOver(halfStatusLine(), reset),
  },
  {
    number: 13,
    fault: "half the headers, then FIN",
    expected: "fallback; alone: a retry",
    run: () => failsOver(halfHeaders(), reset),
  },
  {
    number: 14,
    fault: "a header of 64 KiB",
    expected: "malformed; no retry loop",
    run: async () => {
      await trial({}, async (t) => {
        t.a.otherwise(hugeHeader());
        assertMoved(await t.chat(), http);
      });
      await trial({ b: false }, async (t) => {
        t.a.otherwise(hugeHeader());
        const { error } = await t.drive(t.chat(), 60_000);
        assert.equal(error?.kind, "malformed_response");
        assert.ok(t.a.requests.length <= 4);
      });
    },
  },
  {
    number: 15,
    fault: "headers, then silence",
    expected: "the first-token timer fires, fallback, socket closed",
    run: () =>
      trial({}, async (t) => {
        t.a.script(headersThenSilence());
        const outcome = await t.drive(t.stream(), 40_000, 1_000);
        assertMoved(outcome, { kind: "timeout", detail: "first_token" });
        assert.ok(outcome.tookMs >= 30_000 && outcome.tookMs <= 32_000, `${outcome.tookMs} ms`);
        assert.equal(t.exclusionOfA(), "breaker_open");
      }),
  },
  {
    number: 16,
    fault: "headers, a byte at a time",
    expected: "the head's timer is not reset by bytes",
    run: () =>
      trial({}, async (t) => {
        t.a.script(slowHeaders(2));
        const outcome = await t.drive(t.stream(), 40_000, 500);
        assertMoved(outcome, { kind: "timeout", detail: "headers" });
        assert.ok(outcome.tookMs >= 30_000 && outcome.tookMs <= 32_000, `${outcome.tookMs} ms`);
      }),
  },
  {
    number: 17,
    fault: "a body that drips without a full event",
    expected: "bytes are not content: the timer fires",
    run: async () => {
      await trial({}, async (t) => {
        t.a.script(drip("never", 2));
        // The role event is whole after 170 bytes; the word comes far later than the timer.
        assertMoved(await t.drive(t.stream(), 40_000, 500), { kind: "timeout", detail: "first_token" });
      });
      await trial({}, async (t) => {
        t.a.script(stream([textEvent("Hel"), ...Array.from({ length: 400 }, () => [":", 2] as const).flat()], "hang"));
        const outcome = await t.drive(t.stream(), 70_000, 1_000);
        assertFailed(outcome, { kind: "stream_interrupted", detail: "idle" }, 1);
        assert.equal(outcome.text, "Hel");
      });
    },
  },
  {
    number: 18,
    fault: "keep-alive comments only",
    expected: "comments are not content: the first-token timer fires",
    run: () =>
      trial({}, async (t) => {
        t.a.script(keepAliveOnly(1));
        assertMoved(await t.drive(t.stream(), 40_000, 500), { kind: "timeout", detail: "first_token" });
      }),
  },
];
