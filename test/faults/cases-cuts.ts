import assert from "node:assert/strict";
import {
  closeDelimited,
  DONE,
  delta,
  event,
  finishEvent,
  roleEvent,
  stream,
  streamOf,
  textEvent,
  unterminated,
  usageEvent,
} from "signalbox/testing";
import { assertMoved, type FaultCase, failsOver, trial } from "./case.js";
import type { Outcome } from "./trial.js";

const cut = { kind: "stream_interrupted", detail: "cut", streamed: [true] } as const;
const truncated = { kind: "stream_interrupted", detail: "truncated", streamed: [true] } as const;
const bytes = (text: string) => new TextEncoder().encode(text);

/** The stream broke after its first content: an error with exactly what the consumer was handed, and no second provider. */
function assertInterrupted({ reply, error, text }: Outcome, partial: string, detail = "cut"): void {
  assert.equal(reply, undefined, "answered");
  assert.equal(error?.kind, "stream_interrupted", error?.stack);
  assert.equal(error?.detail, detail);
  assert.equal(error?.partial?.text, partial);
  assert.equal(text, partial, "what the consumer was handed");
  assert.ok(!partial.includes("\ufffd"));
  assert.deepEqual(
    error?.attempts.map(({ provider, outcome }) => [provider, outcome]),
    [["a", "stream_interrupted"]],
  );
}

/** Sends the pieces, cuts with RST and with FIN, and expects an interruption that counts against the breaker. */
async function interrupts(pieces: readonly (string | Uint8Array)[], partial: string): Promise<void> {
  for (const how of ["rst", "fin"] as const) {
    await trial({}, async (t) => {
      t.a.otherwise(stream(pieces, how));
      for (let n = 0; n < 5; n++) assertInterrupted(await t.stream(), partial);
      assert.equal(t.exclusionOfA(), "breaker_open");
      assert.equal(t.b.requests.length, 0);
    });
  }
}

/** Sends the pieces, then RST: the answer was whole by then. */
const isWhole = (pieces: readonly string[]) =>
  trial({ b: false }, async (t) => {
    t.a.script(stream(pieces, "rst"));
    const { reply, text, error } = await t.stream();
    assert.equal(error, undefined, error?.stack);
    assert.equal(text, "Hello");
    assert.equal(reply?.choices[0].finish_reason, "stop");
    assert.equal(t.exclusionOfA(), null);
  });

export const CUT_CASES: readonly FaultCase[] = [
  {
    number: 19,
    fault: "RST after the headers",
    expected: "fallback before any content",
    run: () => failsOver(stream([], "rst"), cut),
  },
  {
    number: 20,
    fault: "RST after the role chunk",
    expected: "fallback; the consumer sees one stream start",
    run: () => failsOver(stream([roleEvent()], "rst"), cut),
  },
  {
    number: 21,
    fault: "cut after the first token",
    expected: "stream_interrupted with the exact prefix",
    run: () => interrupts([roleEvent(), textEvent("Hello")], "Hello"),
  },
  {
    number: 22,
    fault: "cut in the middle of a word",
    expected: "stream_interrupted with the exact prefix",
    run: () => interrupts([roleEvent(), textEvent("Hello wor")], "Hello wor"),
  },
  {
    number: 23,
    fault: "cut inside a UTF-8 character",
    expected: "the prefix holds no broken character",
    run: async () => {
      const smile = bytes(textEvent("😀"));
      const middle = smile.indexOf(0xf0) + 2;
      await interrupts([textEvent("Hi "), smile.subarray(0, middle)], "Hi ");
    },
  },
  {
    number: 24,
    fault: "cut inside the JSON of an event",
    expected: "the half event is dropped",
    run: () => interrupts([textEvent("Hello"), textEvent(" world").slice(0, 40)], "Hello"),
  },
  {
    number: 25,
    fault: "cut between an event and its blank line",
    expected: "the undispatched event is dropped",
    run: () => interrupts([textEvent("Hello"), textEvent(" world").trimEnd()], "Hello"),
  },
  {
    number: 26,
    fault: "RST after finish_reason, before [DONE]",
    expected: "success",
    run: () => isWhole([roleEvent(), textEvent("Hello"), finishEvent()]),
  },
  {
    number: 27,
    fault: "RST after [DONE]",
    expected: "success",
    run: () => isWhole([roleEvent(), textEvent("Hello"), finishEvent(), DONE]),
  },
  {
    number: 28,
    fault: "chunked without a last chunk",
    expected: "interrupted; before content: fallback",
    run: async () => {
      await failsOver(unterminated([roleEvent()]), cut);
      await trial({}, async (t) => {
        t.a.script(unterminated([textEvent("Hello")]));
        assertInterrupted(await t.stream(), "Hello");
      });
    },
  },
  {
    number: 29,
    fault: "a clean end of the connection without finish_reason or [DONE]",
    expected: "truncated, never a success, never cached",
    run: () =>
      trial({ router: { cache: { maxBytes: 1_000_000, ttlMs: 60_000 } } }, async (t) => {
        const headers = { "content-type": "text/event-stream" };
        t.a.script(closeDelimited(roleEvent() + textEvent("Hello"), headers));
        assertInterrupted(await t.stream(), "Hello", "truncated");
        assert.equal((await t.stream()).text, "from a");
        assert.equal(t.a.requests.length, 2);
      }),
  },
  {
    number: 30,
    fault: "[DONE] without finish_reason",
    expected: "success, finish_reason stop",
    run: () => isWhole([roleEvent(), textEvent("Hello"), DONE]),
  },
  {
    number: 31,
    fault: "finish_reason null throughout, then a clean end",
    expected: "truncated",
    run: async () => {
      await failsOver(stream([roleEvent()]), truncated);
      await trial({}, async (t) => {
        t.a.script(stream([roleEvent(), textEvent("Hello")]));
        assertInterrupted(await t.stream(), "Hello", "truncated");
      });
    },
  },
  {
    number: 32,
    fault: "no usage chunk",
    expected: "success, usage estimated",
    run: () =>
      trial({}, async (t) => {
        t.a.script(stream(streamOf("Hello there", { usage: null })));
        const { reply } = await t.stream();
        assert.equal(reply?.usage?.estimated, true);
        assert.ok((reply?.usage?.completion_tokens ?? 0) > 0);
      }),
  },
  {
    number: 33,
    fault: "a usage chunk with choices: []",
    expected: "no crash; the usage counts",
    run: () =>
      trial({}, async (t) => {
        const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
        t.a.script(stream([textEvent("Hello"), finishEvent(), usageEvent(usage), DONE]));
        const { reply, chunks } = await t.stream();
        assert.equal(reply?.usage?.completion_tokens, 7);
        assert.ok(
          chunks.every(({ choices }) => choices.length === 1),
          "the usage chunk was not asked for",
        );
      }),
  },
  {
    number: 34,
    fault: "duplicate events, the same id twice",
    expected: "not guessed away; usage not counted twice",
    run: () =>
      trial({}, async (t) => {
        const usage = usageEvent({ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 });
        t.a.script(stream([textEvent("ha"), textEvent("ha"), finishEvent(), usage, usage, DONE]));
        const { reply, text } = await t.stream();
        assert.equal(text, "haha");
        assert.equal(reply?.usage?.total_tokens, 18);
        assert.equal(t.told("done")[0]?.usage?.total_tokens, 18);
      }),
  },
  {
    number: 35,
    fault: "events after [DONE]",
    expected: "ignored",
    run: () => isWhole([roleEvent(), textEvent("Hello"), finishEvent(), DONE, textEvent(" and more")]),
  },
  {
    number: 36,
    fault: "the socket lingers open after [DONE]",
    expected: "complete at once; the body is cancelled after a grace",
    run: () =>
      trial({}, async (t) => {
        t.a.script(stream(streamOf("Hello"), "hang"));
        const { text, tookMs } = await t.stream();
        assert.deepEqual([text, tookMs], ["Hello", 0]);
        assert.equal(t.a.busy, 1);
        await t.clock.advance(2_000);
        await t.a.idle();
      }),
  },
  {
    number: 37,
    fault: "an error event first, on HTTP 200",
    expected: "classified; fallback",
    run: async () => {
      const error = { error: { message: "overloaded", type: "engine_overloaded_error" } };
      await failsOver(stream([event(error)]), { kind: "overloaded", effect: "cool_down", streamed: [true] });
      await failsOver(stream([`event: error\n${event(error)}`]), {
        kind: "overloaded",
        effect: "cool_down",
        streamed: [true],
      });
      await trial({ a: { vendor: "glm" } }, async (t) => {
        t.a.script(stream([event({ error: { code: "1113", message: "no balance" } })]));
        assertMoved(await t.stream(), { kind: "quota" });
        assert.equal(t.exclusionOfA(), "cool_down");
      });
    },
  },
  {
    number: 38,
    fault: "an error event in the middle of a stream",
    expected: "stream_interrupted that names the class",
    run: () =>
      trial({}, async (t) => {
        t.a.script(stream([textEvent("Hello"), event({ error: { message: "x", type: "server_error" } }), DONE]));
        assertInterrupted(await t.stream(), "Hello", "server");
        t.a.script(
          stream([delta({ reasoning_content: "hm" }), event({ error: { message: "x", type: "overloaded_error" } })]),
        );
        const { error } = await t.stream();
        assert.deepEqual(
          [error?.kind, error?.detail, error?.partial?.reasoning],
          ["stream_interrupted", "overloaded", "hm"],
        );
      }),
  },
];
