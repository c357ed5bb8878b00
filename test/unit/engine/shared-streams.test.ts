import { type ChatChunk, createRouter } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll, textIn } from "./support.js";

const words = Array.from({ length: 20 }, (_, i) => `w${i} `);
const SAID = words.join("");
/** One word every 10 ms of the clock. */
const paced = words.flatMap((word) => [10, word]);

function rig(pieces = paced) {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, otherwise: { pieces } });
  const router = createRouter({ providers: [upstream], clock, cache: {} });
  return { clock, upstream, router, told: listenTo(router, ["done", "attempt"]) };
}

describe("equal streams at once", () => {
  test("a late joiner gets everything so far, then follows; one upstream call, booked once", async () => {
    const { clock, upstream, router, told } = rig();
    const leader = readAll(router.stream(ask()));
    await clock.advance(105);
    const stream = router.stream(ask());
    const late = readAll(stream);
    await clock.advance(300);
    expect([(await leader).text, (await late).text]).toEqual([SAID, SAID]);
    expect((await late).chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(upstream.calls).toHaveLength(1);
    const { route } = await stream.reply;
    expect([route.cache.status, route.attempts, route.costUsd]).toEqual(["joined", [], 0]);
    expect(eventsOf(told, "done").map(({ outcome, cache }) => [outcome, cache])).toEqual([
      ["ok", "miss"],
      ["ok", "joined"],
    ]);
    expect(router.stats().requests.costUsd).toBeCloseTo(eventsOf(told, "attempt")[0]?.costUsd ?? 0, 12);
  });

  test("100 joiners, each at another moment, all get the same text once", async () => {
    const { clock, upstream, router } = rig();
    const reads: Promise<{ text: string }>[] = [];
    for (let i = 0; i <= 100; i += 1) {
      reads.push(readAll(router.stream(ask())));
      // Promise turns, not only milliseconds: a joiner may come between a chunk's arrival and its handing out.
      for (let turn = 0; turn < i % 7; turn += 1) await Promise.resolve();
      if (i % 6 === 0) await clock.advance(10);
    }
    await clock.advance(1_000);
    for (const { text } of await Promise.all(reads)) expect(text).toBe(SAID);
    // 100 share; the one past them flies on its own.
    expect(upstream.calls).toHaveLength(2);
  });

  test.each(Array.from({ length: 12 }, (_, turns) => turns))(
    "joining %i promise turns after a chunk came tells nothing twice and misses nothing",
    async (turns) => {
      let release: (chunk: string) => void = () => {};
      const pending: string[] = [];
      const upstream = {
        ...provider("a"),
        async *stream(): AsyncGenerator<ChatChunk> {
          for (;;) {
            const text =
              pending.shift() ??
              (await new Promise<string>((resolve) => {
                release = resolve;
              }));
            const choices = [
              { index: 0, delta: { content: text }, finish_reason: text === "." ? ("stop" as const) : null },
            ];
            yield { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
            if (text === ".") return;
          }
        },
      };
      const router = createRouter({ providers: [upstream], cache: {} });
      const leader = readAll(router.stream(ask()));
      const settle = () => new Promise((resolve) => setImmediate(resolve));
      for (const text of ["a", "b"]) {
        await settle();
        release(text);
      }
      await settle();
      release("c");
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const late = readAll(router.stream(ask()));
      for (const text of ["d", "."]) {
        await settle();
        release(text);
      }
      expect([(await leader).text, (await late).text]).toEqual(["abcd.", "abcd."]);
    },
  );

  test("joining after the finish reason still sees it, and the usage where it was asked for", async () => {
    const clock = createVirtualClock();
    const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
    const tail: ChatChunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage };
    const finish: ChatChunk = { ...tail, usage: null, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
    const pieces = ["all", finish, 50, tail, 50];
    const upstream = provider("a", { clock, otherwise: { pieces, finish: false } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const leader = readAll(router.stream(ask()));
    await clock.advance(20);
    const late = readAll(router.stream(ask()));
    await clock.advance(50);
    const latest = readAll(router.stream({ ...ask(), stream_options: { include_usage: true } }));
    await clock.advance(100);
    for (const read of [leader, late, latest]) {
      const { text, chunks } = await read;
      expect(text).toBe("all");
      expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === "stop")).toHaveLength(1);
    }
    expect((await latest).chunks.at(-1)?.usage?.total_tokens).toBe(9);
    expect(upstream.calls).toHaveLength(1);
  });

  test("a reader that pauses holds nobody up, and still gets everything", async () => {
    const { clock, router } = rig();
    const slow = router.stream(ask())[Symbol.asyncIterator]();
    await clock.advance(0);
    const first = slow.next();
    await clock.advance(10);
    await first;
    const quick = readAll(router.stream(ask()));
    await clock.advance(300);
    expect((await quick).text).toBe(SAID);
    let text = textIn((await first).value as ChatChunk);
    for (let step = await slow.next(); !step.done; step = await slow.next()) text += textIn(step.value);
    expect(text).toBe(SAID);
  });

  test.each(["text", "tool arguments"])(
    "a joined reader that falls a megabyte of %s behind is let go; the others are not",
    async (what) => {
      const clock = createVirtualClock();
      const long = "x".repeat(40_000);
      const base = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" } as const;
      const call = { index: 0, id: "t", type: "function", function: { name: "f", arguments: long } } as const;
      const delta = what === "text" ? { content: long } : { tool_calls: [call] };
      const piece: ChatChunk = { ...base, choices: [{ index: 0, delta, finish_reason: null }] };
      const pieces = Array.from({ length: 40 }, () => [10, piece]).flat();
      const upstream = provider("a", { clock, otherwise: { pieces } });
      const router = createRouter({ providers: [upstream], clock, cache: {} });
      const leader = readAll(router.stream(ask()));
      await clock.advance(15);
      const stream = router.stream(ask());
      const slow = stream[Symbol.asyncIterator]();
      await slow.next();
      await clock.advance(1_000);
      expect((await leader).chunks.length).toBeGreaterThanOrEqual(40);
      expect((await leader).error).toBeUndefined();
      // What was said before it came may be a few chunks.
      const error = await failureOf(
        (async () => {
          for (let turn = 0; turn < 4; turn += 1) await slow.next();
        })(),
      );
      expect([error.kind, error.detail]).toEqual(["stream_interrupted", "slow_reader"]);
      expect(error.partial?.text.length).toBe(what === "text" ? 40 * long.length : 0);
    },
  );
});

describe("leaving a shared stream", () => {
  test("the one who opened it may break: the others go on, its own reply is cancelled", async () => {
    const { clock, upstream, router, told } = rig();
    const first = router.stream(ask());
    const leader = (async () => {
      for await (const chunk of first) if (textIn(chunk)) break;
    })();
    await clock.advance(5);
    const follower = readAll(router.stream(ask()));
    await clock.advance(20);
    await leader;
    expect((await failureOf(first.reply)).kind).toBe("cancelled");
    await clock.advance(300);
    expect((await follower).text).toBe(SAID);
    expect(upstream.calls[0]?.context.signal.aborted).toBe(false);
    expect(eventsOf(told, "done").map(({ outcome }) => outcome)).toEqual(["cancelled", "ok"]);
  });

  test("the last one leaving aborts the upstream, and nobody is blamed", async () => {
    const { clock, upstream, router, told } = rig();
    const controllers = [new AbortController(), new AbortController()];
    const reads = controllers.map(({ signal }) => readAll(router.stream(ask(), { signal })));
    await clock.advance(35);
    controllers[0]?.abort();
    expect((await reads[0])?.error?.kind).toBe("cancelled");
    expect(upstream.calls[0]?.context.signal.aborted).toBe(false);
    controllers[1]?.abort();
    expect(upstream.calls[0]?.context.signal.aborted).toBe(true);
    expect((await reads[1])?.error?.kind).toBe("cancelled");
    expect(eventsOf(told, "attempt").map(({ outcome }) => outcome)).toEqual(["cancelled"]);
    expect(router.health().candidates[0]?.status).toBe("unknown");
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([
    ["opener", { timeoutMs: 55 }, {}],
    ["joiner", {}, { timeoutMs: 55 }],
  ])(
    "whose own time is up in mid-stream, the %s, is told so with its part of the text; the other goes on",
    async (who, opens, joins) => {
      const { clock, router, told } = rig();
      const streams = [router.stream(ask(), opens), router.stream(ask(), joins)] as const;
      const reads = streams.map((stream) => readAll(stream));
      await clock.advance(55);
      const at = who === "opener" ? 0 : 1;
      const cut = await reads[at];
      expect(cut?.text).toBe("w0 w1 w2 w3 w4 ");
      expect(cut?.error).toMatchObject({
        kind: "stream_interrupted",
        detail: "total",
        provider: "a",
        model: "m",
        partial: { text: "w0 w1 w2 w3 w4 " },
        cause: { kind: "timeout", detail: "total" },
      });
      expect(await failureOf(streams[at].reply)).toBe(cut?.error);
      await clock.advance(300);
      expect((await reads[1 - at])?.text).toBe(SAID);
      expect(eventsOf(told, "done").map(({ outcome, detail }) => [outcome, detail])).toEqual([
        ["stream_interrupted", "total"],
        ["ok", undefined],
      ]);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  test("a chat whose own time is up leaves a stream with a plain time-out: it was handed nothing", async () => {
    const { clock, router } = rig();
    const reader = readAll(router.stream(ask()));
    await clock.advance(20);
    const error = failureOf(router.chat(ask(), { timeoutMs: 30 }));
    await clock.advance(300);
    expect(await error).toMatchObject({ kind: "timeout", detail: "total", partial: undefined });
    expect((await reader).text).toBe(SAID);
  });

  test("a chat may join a stream whose reader has stopped reading, or has left", async () => {
    const { clock, upstream, router } = rig();
    const reader = router.stream(ask())[Symbol.asyncIterator]();
    const first = reader.next();
    await clock.advance(10);
    await first;
    const chat = router.chat(ask());
    await clock.advance(50);
    await reader.return?.();
    await clock.advance(300);
    expect((await chat).choices[0].message.content).toBe(SAID);
    expect(upstream.calls).toHaveLength(1);
  });

  test("a stream may join a chat: the whole answer comes as chunks", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "whole", delayMs: 100 } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const chat = router.chat(ask());
    const read = readAll(router.stream(ask()));
    await clock.advance(100);
    expect([(await read).text, (await chat).route.cache.status]).toEqual(["whole", "miss"]);
    expect(upstream.calls).toHaveLength(1);
  });
});

describe("what is not shared", () => {
  test("a failure before the first word: each joined reader asks again, one for all of them", async () => {
    const clock = createVirtualClock();
    const script = [{ error: broken("server", { detail: "bug" }), delayMs: 50 }];
    const upstream = provider("a", { clock, script, otherwise: { pieces: [10, "fine"] } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const leader = readAll(router.stream(ask()));
    await clock.advance(20);
    const followers = [readAll(router.stream(ask())), readAll(router.stream(ask()))];
    await clock.advance(200);
    expect((await leader).error?.kind).toBe("server");
    for (const follower of followers) expect((await follower).text).toBe("fine");
    expect(upstream.calls).toHaveLength(2);
  });

  test("a failure after the first word reaches all who have it, each with an error of its own, and is booked once", async () => {
    const clock = createVirtualClock();
    const pieces = [10, "half", 50, broken("network")];
    const upstream = provider("a", { clock, otherwise: { pieces } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const told = listenTo(router, ["done"]);
    const reads = [readAll(router.stream(ask())), readAll(router.stream(ask()))];
    await clock.advance(100);
    for (const read of reads) {
      const { text, error } = await read;
      expect([text, error?.kind, error?.partial?.text]).toEqual(["half", "stream_interrupted", "half"]);
    }
    const attempts = eventsOf(told, "done").map(({ attempts }) => attempts.length);
    expect(attempts).toEqual([1, 0]);
  });

  test("the time of the one who opened it: a joined call keeps its own deadline, shorter or longer", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "slow", delayMs: 1_000 } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const patient = router.chat(ask("one"), { timeoutMs: 600_000 });
    const shorter = failureOf(router.chat(ask("one"), { timeoutMs: 50 }));
    await clock.advance(50);
    const error = await shorter;
    expect([error.kind, error.detail]).toEqual(["timeout", "total"]);
    const opener = failureOf(router.chat(ask("two"), { timeoutMs: 500 }));
    const longer = router.chat(ask("two"), { timeoutMs: 900_000 });
    await clock.advance(500);
    expect((await opener).detail).toBe("total");
    await clock.advance(3_000);
    expect((await patient).choices[0].message.content).toBe("slow");
    expect((await longer).choices[0].message.content).toBe("slow");
    expect(clock.pendingTimers).toBe(0);
  });

  test.each(["chat", "stream"] as const)(
    "%s: callers with little time and with much share one call; each keeps its own time",
    async (how) => {
      const { clock, upstream, router, told } = rig();
      const asked = (timeoutMs?: number) => {
        if (how === "chat") return router.chat(ask(), { timeoutMs });
        return router.stream(ask(), { timeoutMs }).reply;
      };
      const impatient = [55, 105, 75].map((timeoutMs) => failureOf(asked(timeoutMs)));
      const patient = [asked(10_000), asked(), asked(250)];
      await clock.advance(110);
      // Of a whole answer nothing has come: a time-out. Of a stream there is a part.
      const kind = how === "chat" ? "timeout" : "stream_interrupted";
      for (const error of impatient) expect(await error).toMatchObject({ kind, detail: "total" });
      await clock.advance(200);
      for (const reply of patient) expect((await reply).choices[0].message.content).toBe(SAID);
      expect(upstream.calls).toHaveLength(1);
      expect(eventsOf(told, "attempt").map(({ outcome }) => outcome)).toEqual(["success"]);
      expect(eventsOf(told, "done").reduce((sum, { attempts }) => sum + attempts.length, 0)).toBe(1);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  test("one who reads chunk by chunk is told on time though the stream is silent and others wait on", async () => {
    const { clock, router } = rig([10, "one ", 500, "two"]);
    const hasty = readAll(router.stream(ask(), { timeoutMs: 100 }));
    const patient = readAll(router.stream(ask(), { timeoutMs: 1_000 }));
    await clock.advance(100);
    expect((await hasty).error?.partial?.text).toBe("one ");
    await clock.advance(500);
    expect((await patient).text).toBe("one two");
  });

  test("the last who has time left: the call ends with it, and no sooner than the most patient wanted", async () => {
    const { clock, upstream, router } = rig([10, "one ", 5_000, "two"]);
    const reads = [100, 300, 200].map((timeoutMs) => readAll(router.stream(ask(), { timeoutMs })));
    await clock.advance(299);
    expect(upstream.calls[0]?.context.signal.aborted).toBe(false);
    await clock.advance(1);
    for (const read of reads) expect((await read).error).toMatchObject({ kind: "stream_interrupted", detail: "total" });
    expect(upstream.calls).toHaveLength(1);
    expect(upstream.calls[0]?.context.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test("through a router within: what the outer one gives more time goes on there as well", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces: paced } });
    const inner = createRouter({ id: "inner", providers: [upstream], clock });
    const outer = createRouter({ providers: [inner], clock, cache: {} });
    const hasty = readAll(outer.stream(ask(), { timeoutMs: 55 }));
    const patient = readAll(outer.stream(ask()));
    await clock.advance(300);
    expect((await hasty).error?.partial?.text).toBe("w0 w1 w2 w3 w4 ");
    expect(await patient).toMatchObject({ text: SAID, error: undefined });
    expect(upstream.calls).toHaveLength(1);
  });

  test("tenants, constraints and schemas: each flies alone", async () => {
    const { clock, upstream, router } = rig();
    const reads = [
      router.stream(ask()),
      router.stream(ask(), { tenant: "t" }),
      router.stream(ask(), { deny: [] }),
      router.stream(ask(), { cache: false }),
    ].map((stream) => readAll(stream));
    await clock.advance(300);
    for (const read of reads) expect((await read).text).toBe(SAID);
    expect(upstream.calls).toHaveLength(4);
  });
});
