import assert from "node:assert/strict";
import {
  answers,
  badGzip,
  createFaultServer,
  cutBody,
  deepJson,
  endless,
  type Fault,
  type FaultServer,
  gzipBomb,
  interim,
  json,
  longLine,
  redirect,
  stream,
  streamOf,
  text,
  textEvent,
  tinyEvents,
  wrongLength,
} from "signalbox/testing";
import { functionOf } from "../../src/chat/message.js";
import { assertFailed, assertMoved, assertRetried, type FaultCase, failsOver, trial } from "./case.js";

const rateLimit = { kind: "rate_limit" } as const;
const tooLarge = { kind: "response_too_large", alone: "given_up" } as const;
const limited = (headers: { [name: string]: string | string[] } = {}): Fault =>
  json(429, { error: { message: "slow down" } }, headers);
const imf = (ms: number) => new Date(ms).toUTCString();

/** How long 99 of 100 turns of the event loop take, in CPU time: other programs on the machine do not count. */
function watchTurns(): { stop(): number } {
  const turns: number[] = [];
  let last = process.cpuUsage();
  let handle: NodeJS.Immediate;
  const turn = (): void => {
    const spent = process.cpuUsage(last);
    last = process.cpuUsage();
    turns.push((spent.user + spent.system) / 1_000);
    handle = setImmediate(turn);
  };
  handle = setImmediate(turn);
  return {
    stop() {
      clearImmediate(handle);
      return turns.sort((a, b) => a - b)[Math.floor(turns.length * 0.99)] ?? 0;
    },
  };
}

/** The only provider is limited with these headers, then answers; gives the virtual milliseconds waited. */
async function waited(headers: { [name: string]: string | string[] }, skewMs = 0): Promise<number> {
  let tookMs = 0;
  await trial({ b: false }, async (t) => {
    t.clock.jumpWall(skewMs);
    t.a.script(limited(headers));
    const outcome = await t.drive(t.chat(), 10_000, 20);
    assertRetried(outcome, rateLimit);
    tookMs = outcome.tookMs;
  });
  return tookMs;
}

/** The only provider asks for more than anyone waits: the caller is told at once how long it is. */
async function refusesToWait(headers: { [name: string]: string }, retryAfterMs: number, skewMs = 0): Promise<void> {
  await trial({ b: false }, async (t) => {
    t.clock.jumpWall(skewMs);
    t.a.script(limited(headers));
    const outcome = await t.chat();
    assertFailed(outcome, rateLimit, 1);
    assert.deepEqual([outcome.error?.retryAfterMs, outcome.tookMs], [retryAfterMs, 0]);
  });
}

export const LIMIT_CASES: readonly FaultCase[] = [
  {
    number: 56,
    fault: "429 without a header",
    expected: "cool-down, fallback; alone: a retry after our own wait",
    run: () => failsOver(limited(), { ...rateLimit, effect: "cool_down" }),
  },
  {
    number: 57,
    fault: "429 with Retry-After 1, 0, 0.5",
    expected: "never earlier than the hint; 0 is our own backoff",
    run: async () => {
      const one = await waited({ "retry-after": "1" });
      assert.ok(one >= 1_000 && one <= 1_200, `${one} ms`);
      const half = await waited({ "retry-after": "0.5" });
      assert.ok(half >= 500 && half <= 2_000, `${half} ms`);
      const none = await waited({ "retry-after": "0" });
      assert.ok(none > 0 && none <= 2_000, `${none} ms`);
    },
  },
  {
    number: 58,
    fault: "429 with Retry-After 3600",
    expected: "no wait: fallback, cooled for an hour; alone: told at once",
    run: async () => {
      await trial({}, async (t) => {
        t.a.script(limited({ "retry-after": "3600" }));
        const outcome = await t.chat();
        assertMoved(outcome, rateLimit);
        assert.equal(outcome.tookMs, 0);
        await t.clock.advance(3_595_000);
        assert.equal(t.exclusionOfA(), "cool_down");
        await t.clock.advance(6_000);
        assert.equal(t.exclusionOfA(), null);
      });
      await refusesToWait({ "retry-after": "3600" }, 3_600_000);
    },
  },
  {
    number: 59,
    fault: "Retry-After 1e9, Infinity, -5, abc, '2, 5', empty, twice",
    expected: "our own backoff: no hot loop, no overflown timer",
    run: async () => {
      for (const hint of ["1e9", "Infinity", "-5", "abc", "2, 5", "", ["2", "5"]]) {
        const ms = await waited({ "retry-after": hint });
        assert.ok(ms > 0 && ms <= 2_000, `${hint}: ${ms} ms`);
      }
      await refusesToWait({ "retry-after": "999999999999" }, 3_600_000);
    },
  },
  {
    number: 60,
    fault: "Retry-After as a date: future, past, with our clock an hour off",
    expected: "counted from the response's own Date",
    run: async () => {
      const now = 1_767_225_600_000;
      for (const skewMs of [0, 3_600_000, -3_600_000]) {
        const ms = await waited({ "retry-after": imf(now + 2_000), date: imf(now) }, skewMs);
        assert.ok(ms >= 2_000 && ms <= 2_300, `skew ${skewMs}: ${ms} ms`);
        await refusesToWait({ "retry-after": imf(now + 600_000), date: imf(now) }, 600_000, skewMs);
        const past = await waited({ "retry-after": imf(now - 1_000), date: imf(now) }, skewMs);
        assert.ok(past > 0 && past <= 2_000, `past: ${past} ms`);
      }
    },
  },
  {
    number: 61,
    fault: "retry-after-ms; x-should-retry true and false",
    expected: "obeyed",
    run: async () => {
      const ms = await waited({ "retry-after-ms": "1500", "retry-after": "9" });
      assert.ok(ms >= 1_500 && ms <= 1_700, `${ms} ms`);
      await trial({ b: false }, async (t) => {
        t.a.script(json(500, {}, { "x-should-retry": "false" }));
        assertFailed(await t.chat(), { kind: "server" }, 1);
      });
      await trial({ b: false }, async (t) => {
        t.a.script(json(400, {}, { "x-should-retry": "true" }));
        assertRetried(await t.drive(t.chat(), 5_000), { kind: "server" });
      });
    },
  },
  {
    number: 62,
    fault: "a longer, then a shorter Retry-After",
    expected: "the cool-down is never shortened",
    run: () =>
      trial({}, async (t) => {
        t.a.script(limited({ "retry-after": "60" }), limited({ "retry-after": "5" }));
        // Both are on their way before the first answer.
        for (const outcome of await Promise.all([t.chat(), t.stream()])) assert.equal(outcome.text, "from b");
        assert.equal(t.a.requests.length, 2);
        await t.clock.advance(59_000);
        assert.equal(t.exclusionOfA(), "cool_down");
        await t.clock.advance(2_000);
        assert.equal(t.exclusionOfA(), null);
      }),
  },
  {
    number: 65,
    fault: "500 with a body without end",
    expected: "64 KiB are read, then it is cancelled",
    run: () => failsOver(endless("x", 500, {}), { kind: "server" }),
  },
  {
    number: 66,
    fault: "204, 206, 101, 100 then nothing; 103 before an answer",
    expected: "malformed or broken: fallback; 103 is passed over",
    run: async () => {
      await failsOver(text(204), { kind: "malformed_response" });
      await failsOver(json(206, { half: 1 }), { kind: "malformed_response" });
      await failsOver(interim(101), { kind: "network" });
      await failsOver(interim(100), { kind: "network" });
      await trial({}, async (t) => {
        t.a.script(interim(103, answers("after the hints")));
        assert.equal((await t.chat()).text, "after the hints");
      });
    },
  },
  {
    number: 67,
    fault: "301, 302, 307, 308 to another port",
    expected: "not followed: the other port sees nothing; disabled 5 min",
    run: async () => {
      const other: FaultServer = await createFaultServer();
      for (const status of [301, 302, 307, 308]) {
        await trial({}, async (t) => {
          t.a.script(redirect(status, `${other.url}/chat/completions`));
          assertMoved(await (status % 2 ? t.chat() : t.stream()), { kind: "network", detail: "redirect" });
          assert.equal(t.exclusionOfA(), "disabled");
        });
      }
      assert.equal(other.accepted, 0);
      await other.close();
    },
  },
  {
    number: 68,
    fault: "content-length shorter or longer than the body",
    expected: "half an answer is none",
    run: async () => {
      const body = JSON.stringify({
        choices: [{ message: { role: "assistant", content: "whole" }, finish_reason: "stop" }],
      });
      await failsOver(wrongLength(body.length - 20, body), { kind: "malformed_response", streamed: [false] });
      await failsOver(wrongLength(body.length + 20, body), { kind: "network", detail: "reset", streamed: [false] });
      await failsOver(cutBody("whole", 60, "rst"), { kind: "network", detail: "reset", streamed: [false] });
    },
  },
  {
    number: 69,
    fault: "bad gzip",
    expected: "malformed; fallback",
    run: () => failsOver(badGzip(), { kind: "malformed_response", detail: "encoding" }),
  },
  {
    number: 70,
    fault: "a gzip bomb: a few KB that unpack to 100 MB",
    expected: "stopped at 16 MiB of decoded bytes",
    run: () =>
      trial({ b: false }, async (t) => {
        const before = process.memoryUsage().rss;
        t.a.script(gzipBomb());
        assertFailed(await t.chat(), tooLarge, 1);
        assert.ok(process.memoryUsage().rss - before < 200 * 1_048_576, "memory");
      }),
  },
  {
    number: 71,
    fault: "tokens without end",
    expected: "stopped at a bound; memory too",
    run: () =>
      trial({}, async (t) => {
        t.a.script(endless(textEvent("word")));
        const before = process.memoryUsage().rss;
        const { error } = await t.stream();
        assert.deepEqual([error?.kind, error?.detail], ["stream_interrupted", "response_too_large"]);
        assert.ok(process.memoryUsage().rss - before < 400 * 1_048_576, "memory");
      }),
  },
  {
    number: 72,
    fault: "a line of 100 MB",
    expected: "stopped at 1 MiB; fallback",
    run: () => failsOver(longLine(), { ...tooLarge, detail: "line", streamed: [true] }),
  },
  {
    number: 73,
    fault: "a million tiny events",
    expected: "stopped at 200,000; the event loop stays free",
    run: () =>
      trial({}, async (t) => {
        t.a.script(tinyEvents());
        const turns = watchTurns();
        const { error, chunks } = await t.stream();
        const longestMs = turns.stop();
        assert.deepEqual([error?.kind, error?.detail], ["stream_interrupted", "response_too_large"]);
        assert.ok(chunks.length <= 200_000);
        assert.ok(longestMs < 50, `99 of 100 turns took at most ${longestMs} ms`);
      }),
  },
  {
    number: 74,
    fault: "JSON nested 10,000 deep",
    expected: "refused; fallback",
    run: () => failsOver(deepJson(), { kind: "malformed_response" }),
  },
  {
    number: 75,
    fault: "__proto__ in a body and in tool arguments",
    expected: "no prototype is changed; arguments stay text",
    run: () =>
      trial({}, async (t) => {
        const poison = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
        const body = `{"__proto__":{"polluted":1},"id":"x","choices":[{"index":0,"finish_reason":"tool_calls","message":{"__proto__":{"polluted":1},"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":${JSON.stringify(poison)}}}]}}],"usage":${poison}}`;
        t.a.script(
          text(200, body, { "content-type": "application/json" }),
          stream([`data: ${body.replace("message", "delta")}\n\n`, "data: [DONE]\n\n"]),
        );
        for (const { reply, error } of [await t.chat(), await t.stream()]) {
          assert.equal(error, undefined, error?.stack);
          const call = reply?.choices[0].message.tool_calls?.[0];
          assert.equal(functionOf(call)?.arguments, poison);
          const copy = Object.assign({}, reply, reply?.choices[0].message, reply?.usage) as { polluted?: number };
          assert.equal(copy.polluted, undefined);
        }
        assert.equal(({} as { polluted?: number }).polluted, undefined);
      }),
  },
  {
    number: 76,
    fault: "CR, LF, CRLF, a split CRLF, a BOM, several data lines, data:x",
    expected: "the same answer",
    run: () =>
      trial({}, async (t) => {
        const whole = streamOf("Hello big world").join("");
        const forms = [
          whole.replaceAll("\n", "\r\n"),
          whole.replaceAll("\n", "\r"),
          `\ufeff${whole}`,
          whole.replaceAll("data: ", "data:"),
          whole.replaceAll("data: {", "id: 7\nretry: 5\nx: y\n: comment\ndata: {\ndata: "),
        ];
        for (const form of forms) {
          t.a.script(stream([form]), stream(form.split(/(?<=\r)/)));
          assert.equal((await t.stream()).text, "Hello big world");
          assert.equal((await t.stream()).text, "Hello big world");
        }
      }),
  },
  {
    number: 77,
    fault: "an emoji split at each of its bytes",
    expected: "the same text",
    run: () =>
      trial({}, async (t) => {
        const bytes = Buffer.from(streamOf("漢字 😀 é").join(""));
        const from = bytes.indexOf(0xf0);
        for (let at = from; at <= from + 4; at++) {
          t.a.script(stream([bytes.subarray(0, at), 2, bytes.subarray(at)]));
          assert.equal((await t.stream()).text, "漢字 😀 é");
        }
        t.a.script(stream(Array.from(bytes, (byte) => Uint8Array.of(byte))));
        assert.equal((await t.stream()).text, "漢字 😀 é");
      }),
  },
  {
    number: 78,
    fault: "invalid UTF-8",
    expected: "replaced, no throw",
    run: () =>
      trial({}, async (t) => {
        const bytes = Buffer.from(streamOf("aXb").join(""));
        bytes[bytes.indexOf("aXb") + 1] = 0xff;
        t.a.script(stream([bytes]));
        assert.equal((await t.stream()).text, "a\ufffdb");
      }),
  },
];
