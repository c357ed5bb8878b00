import assert from "node:assert/strict";
import { SignalboxError } from "signalbox";
import {
  after,
  answers,
  endless,
  type Fault,
  headersThenSilence,
  json,
  silence,
  stream,
  streamOf,
  text,
  textEvent,
} from "signalbox/testing";
import { type FaultCase, trial } from "./case.js";
import { REQUEST } from "./sides.js";
import { breathe, type Outcome, type Trial } from "./trial.js";

const CACHE = { cache: { maxBytes: 1_000_000, ttlMs: 60_000 } } as const;

/** Aborts `ask` once `ready` says so; it must reject within 50 ms, and the server must see the connection close. */
async function abortWhen(
  t: Trial,
  ask: (signal: AbortSignal) => Promise<Outcome>,
  ready: () => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  const reason = new Error("the user pressed stop");
  const asked = ask(controller.signal);
  await ready();
  const at = performance.now();
  controller.abort(reason);
  const { error, reply } = await asked;
  await t.a.idle();
  // A ceiling that catches hangs, with room for a busy machine.
  const tookMs = performance.now() - at;
  assert.equal(reply, undefined);
  assert.deepEqual([error?.kind, error?.name, error?.cause], ["cancelled", "AbortError", reason]);
  assert.ok(tookMs < 500, `took ${tookMs} ms`);
}

async function aborts(): Promise<void> {
  const inState: [string, Fault, boolean][] = [
    ["before the head", silence(), false],
    ["before the head of a stream", silence(), true],
    ["before the first token", headersThenSilence(), true],
    ["in the middle of a stream", stream([textEvent("Hello")], "hang"), true],
  ];
  for (const [, fault, streamed] of inState) {
    await trial({}, async (t) => {
      for (let n = 0; n < 6; n++) {
        t.a.script(fault);
        await abortWhen(
          t,
          (signal) => (streamed ? t.stream({}, { signal }) : t.chat({}, { signal })),
          () => t.a.received(n + 1).then(() => breathe(5)),
        );
      }
      assert.deepEqual([t.exclusionOfA(), t.b.requests.length], [null, 0]);
      assert.deepEqual(t.told("breaker"), []);
    });
  }
  await trial({ b: false }, async (t) => {
    // In a wait between two attempts.
    t.a.script(json(500, {}));
    await abortWhen(
      t,
      (signal) => t.chat({}, { signal }),
      () => t.a.received(1).then(() => breathe(10)),
    );
    assert.equal(t.a.requests.length, 1);
    // Before anything was sent.
    await abortWhen(
      t,
      (signal) => t.chat({}, { signal }),
      async () => {},
    );
    const already = await t.chat({}, { signal: AbortSignal.abort(new Error("before")) });
    assert.equal(already.error?.kind, "cancelled");
    assert.ok(t.a.requests.length <= 2);
    // After the end: nothing happens any more.
    const controller = new AbortController();
    assert.equal((await t.chat({}, { signal: controller.signal })).text, "from a");
    controller.abort();
  });
}

async function abortInQueue(): Promise<void> {
  await trial({ b: false, router: { limits: { a: { maxConcurrent: 1 } } } }, async (t) => {
    t.a.script(after(60, answers("from a")));
    const first = t.chat();
    await t.a.received(1);
    const controller = new AbortController();
    const second = t.chat({}, { signal: controller.signal });
    await breathe(5);
    const at = performance.now();
    controller.abort(new Error("left the queue"));
    assert.equal((await second).error?.kind, "cancelled");
    assert.ok(performance.now() - at < 500);
    assert.equal((await first).text, "from a");
    assert.equal(t.a.requests.length, 1);
  });
}

export const CALLER_CASES: readonly FaultCase[] = [
  {
    number: 82,
    fault: "the caller aborts: before, in the queue, in a wait, before the head, mid-stream, after",
    expected: "rejects with the reason in 50 ms; the server sees it; breaker neutral; probe freed",
    run: async () => {
      await aborts();
      await abortInQueue();
      await trial({}, async (t) => {
        await t.halfOpenA();
        t.a.script(silence());
        const before = t.a.requests.length;
        await abortWhen(
          t,
          (signal) => t.chat({}, { signal }),
          () => t.a.received(before + 1),
        );
        assert.equal((await t.chat()).text, "from a", "the probe's place is free");
      });
    },
  },
  {
    number: 83,
    fault: "the consumer breaks out of a stream",
    expected: "the upstream is closed; reply rejects with cancelled",
    run: () =>
      trial({}, async (t) => {
        t.a.script(endless(textEvent("word ")));
        const running = t.router.stream(REQUEST);
        for await (const chunk of running) if (chunk.choices[0]?.delta.content) break;
        await t.a.idle(1_000);
        await assert.rejects(running.reply, (error) => SignalboxError.isInstance(error) && error.kind === "cancelled");
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 84,
    fault: "the consumer pauses for a minute and more",
    expected: "the server is held back; no idle timeout while we are not reading",
    run: () =>
      trial({}, async (t) => {
        let written = 0;
        const much: Fault = {
          name: "much",
          run: async (exchange) => {
            await exchange.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
            const block = textEvent("x".repeat(1_000)).repeat(60);
            for (let n = 0; n < 300; n++) {
              if (!(await exchange.write(block))) return;
              written += block.length;
            }
            await exchange.write(streamOf("").slice(-3).join(""));
            exchange.end();
          },
        };
        t.a.script(much);
        let paused = false;
        const { text: seen, error } = await t.stream({}, {}, async () => {
          if (paused) return;
          paused = true;
          await breathe(100);
          const before = written;
          await t.clock.advance(90_000);
          await breathe(100);
          assert.ok(
            written - before < 1_000_000 && written < 18_000_000,
            `${written} bytes written to a paused reader`,
          );
        });
        assert.equal(error, undefined, error?.stack);
        assert.equal(seen.length, 300 * 60 * 1_000);
      }),
  },
  {
    number: 93,
    fault: "100 identical requests at once; the first caller aborts",
    expected: "one upstream call; 99 answers",
    run: () =>
      trial({ router: CACHE }, async (t) => {
        t.a.script(after(50, answers("from a")));
        const controller = new AbortController();
        const all = Array.from({ length: 100 }, (_, n) => t.chat({}, n === 0 ? { signal: controller.signal } : {}));
        await t.a.received(1);
        controller.abort();
        const outcomes = await Promise.all(all);
        assert.equal(outcomes[0]?.error?.kind, "cancelled");
        assert.equal(outcomes.filter(({ text: seen }) => seen === "from a").length, 99);
        assert.equal(t.a.requests.length, 1);
      }),
  },
  {
    number: 94,
    fault: "two tenants, the same prompt",
    expected: "two upstream calls, nothing shared, in flight or stored",
    run: () =>
      trial({ router: CACHE }, async (t) => {
        t.a.script(after(20, answers("for acme")), after(20, answers("for umbrella")));
        const acme = t.chat({}, { tenant: "acme" });
        await t.a.received(1);
        const both = [await t.chat({}, { tenant: "umbrella" }), await acme];
        assert.deepEqual(both.map(({ text: seen }) => seen).sort(), ["for acme", "for umbrella"]);
        assert.equal((await t.chat({}, { tenant: "acme" })).text, "for acme");
        assert.equal((await t.chat({}, { tenant: "umbrella" })).text, "for umbrella");
        assert.equal((await t.chat()).text, "from a");
        assert.equal(t.a.requests.length, 3);
      }),
  },
  {
    number: 95,
    fault: "filtered, truncated, cut-off and partly filtered answers, then the same again",
    expected: "the second request reaches the upstream",
    run: async () => {
      const flawed: [Fault, boolean][] = [
        [answers("half an ans", { finishReason: "length" }), false],
        [answers("half an ans", { finishReason: "length" }), true],
        [answers("I may not", { finishReason: "content_filter" }), false],
        [stream([textEvent("Hello")], "rst"), true],
        [stream([textEvent("Hello")]), true],
        [text(200, ""), false],
      ];
      for (const [fault, streamed] of flawed) {
        await trial({ router: CACHE, b: false }, async (t) => {
          t.a.script(fault);
          const ask = () => t.drive(streamed ? t.stream() : t.chat(), 20_000);
          await ask();
          assert.equal((await ask()).text, "from a");
          assert.equal(t.a.requests.length, 2);
          assert.equal((await ask()).reply?.route.cache.status, "hit");
        });
      }
    },
  },
  {
    number: 100,
    fault: "close() with work in flight",
    expected: "drains, or aborts; refuses what comes after; no handle is left",
    run: async () => {
      await trial({}, async (t) => {
        t.a.script(after(30, answers("from a")));
        const work = t.chat();
        await t.a.received(1);
        const closed = t.router.close();
        assert.equal((await t.router.chat(REQUEST).catch((error) => error)).kind, "unavailable");
        assert.equal((await work).text, "from a");
        await closed;
      });
      await trial({}, async (t) => {
        t.a.script(silence(), stream([textEvent("Hello")], "hang"));
        const work = [t.chat()];
        await t.a.received(1);
        work.push(t.stream());
        await t.a.received(2);
        await breathe(10);
        await t.router.close({ abort: true });
        for (const { error } of await Promise.all(work)) assert.equal(error?.kind, "cancelled");
        await t.a.idle(1_000);
      });
    },
  },
];
