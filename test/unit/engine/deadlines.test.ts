import {
  type ChatChunk,
  createReply,
  createRouter,
  openaiCompatible,
  type Provider,
  type StreamOnlyProvider,
} from "signalbox";
import {
  createFaultServer,
  createVirtualClock,
  keepAliveOnly,
  type ScriptFunction,
  type ScriptStep,
  stream,
  testModel,
  textEvent,
  type VirtualClock,
} from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const word = (content: string, finish: "stop" | null = null): ChatChunk => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: content ? { content } : { role: "assistant" }, finish_reason: finish }],
});

const until = (clock: VirtualClock, ms: number) => new Promise<void>((done) => clock.setTimeout(done, ms));

/** A stream that is written by hand, with what it reports. */
function streaming(
  clock: VirtualClock,
  write: (
    context: Parameters<NonNullable<Provider["stream"]>>[1],
    wait: (ms: number) => Promise<void>,
  ) => AsyncGenerator<ChatChunk>,
  thinking: "none" | "always" = "none",
): StreamOnlyProvider {
  const { capabilities } = testModel("m");
  const models = [testModel("m", { capabilities: { ...capabilities, thinking } })];
  return { id: "a", models, stream: (_, context) => write(context, (ms) => until(clock, ms)) };
}

describe("each phase of a stream has its deadline", () => {
  test("no head: timeout, headers, after 30 s", async () => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [provider("a", { clock, otherwise: { hang: true } })], clock });
    const read = readAll(router.stream(ask()));
    await clock.advance(29_999);
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await clock.advance(1);
    const { error } = await read;
    expect([error?.kind, error?.detail]).toEqual(["timeout", "headers"]);
  });

  test("a head and a role, kept alive by comments, but no content: 30 s from the head, not from the role", async () => {
    const clock = createVirtualClock();
    const upstream = streaming(clock, async function* (context, wait) {
      await wait(1_000);
      context.report?.("headers");
      for (let i = 0; i < 20; i += 1) {
        await wait(1_000);
        context.report?.("bytes");
        if (i === 10) yield word("");
      }
      await wait(100_000);
    });
    const router = createRouter({ providers: [upstream], clock });
    const read = readAll(router.stream(ask()));
    await clock.advance(31_000);
    const { error } = await read;
    expect([error?.kind, error?.detail, clock.now()]).toEqual(["timeout", "first_token", 31_000]);
  });

  test("a model that always thinks has 120 s for its first content", async () => {
    const clock = createVirtualClock();
    const upstream = streaming(
      clock,
      async function* (context, wait) {
        context.report?.("headers");
        await wait(110_000);
        yield word("thought well", "stop");
      },
      "always",
    );
    const router = createRouter({ providers: [upstream], clock });
    const read = readAll(router.stream(ask()));
    await clock.advance(110_000);
    expect((await read).text).toBe("thought well");
    const own = createRouter({ providers: [upstream], clock, timeouts: { firstTokenMs: 5_000 } });
    const late = readAll(own.stream(ask()));
    await clock.advance(5_000);
    expect((await late).error?.detail).toBe("first_token");
  });

  test("silence after content: idle, with what was said so far", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces: ["so far", 600_000, "never"] } });
    const router = createRouter({ providers: [upstream], clock, timeouts: { idleMs: 5_000 } });
    const told = listenTo(router, ["done"]);
    const read = readAll(router.stream(ask()));
    await clock.advance(5_000);
    const { text, error } = await read;
    expect([text, error?.kind, error?.detail, error?.partial?.text]).toEqual([
      "so far",
      "stream_interrupted",
      "idle",
      "so far",
    ]);
    expect(error?.attempts).toHaveLength(1);
    expect(eventsOf(told, "done")[0]?.attempts).toHaveLength(1);
  });

  test("pieces that say nothing are silence: idle from the last word on, and each word begins it anew", async () => {
    const clock = createVirtualClock();
    const upstream = streaming(clock, async function* (_, wait) {
      yield word("so ");
      await wait(3_000);
      yield word("");
      yield word("far");
      for (let n = 0; n < 9; n += 1) {
        await wait(2_000);
        yield word("");
      }
    });
    const router = createRouter({ providers: [upstream], clock, timeouts: { idleMs: 5_000 } });
    const read = readAll(router.stream(ask()));
    await clock.advance(7_999);
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await clock.advance(1);
    const { text, error } = await read;
    expect([text, error?.kind, error?.detail]).toEqual(["so far", "stream_interrupted", "idle"]);
  });

  test("by itself, 60 s without a byte and 120 s of bytes without content, on one timer", async () => {
    const ends = async (everyMs: number) => {
      const clock = createVirtualClock();
      const upstream = streaming(clock, async function* (context, wait) {
        yield word("so far");
        for (let n = 0; n < 20; n += 1) {
          await wait(everyMs);
          context.report?.("bytes");
        }
      });
      const router = createRouter({ providers: [upstream], clock });
      const read = readAll(router.stream(ask()));
      await clock.advance(0);
      // The upstream's own wait is the other one.
      expect(clock.pendingTimers).toBe(2);
      const [{ error }] = await Promise.all([read, clock.advance(200_000)]);
      return [error?.kind, error?.detail, error?.attempts[0]?.latencyMs, error?.message];
    };
    const silent = await ends(61_000);
    expect(silent.slice(0, 3)).toEqual(["stream_interrupted", "idle", 60_000]);
    const open = await ends(50_000);
    expect(open.slice(0, 3)).toEqual(["stream_interrupted", "idle", 120_000]);
    expect(open[3]).not.toBe(silent[3]);
  });

  test("neither kind of silence runs while the reader pauses", async () => {
    const clock = createVirtualClock();
    const upstream = streaming(clock, async function* (context, wait) {
      yield word("one");
      for (let n = 0; n < 4; n += 1) {
        await wait(50_000);
        context.report?.("bytes");
        yield word("");
      }
      yield word("two", "stop");
    });
    const router = createRouter({ providers: [upstream], clock, timeouts: { totalMs: 3_600_000 } });
    const chunks = router.stream(ask())[Symbol.asyncIterator]();
    const pull = async (ms: number) => {
      const pulled = chunks.next();
      await clock.advance(ms);
      return (await pulled).value?.choices[0]?.delta.content;
    };
    expect(await pull(0)).toBe("one");
    await clock.advance(500_000);
    await pull(50_000);
    await clock.advance(500_000);
    await pull(50_000);
    const failed = failureOf(chunks.next());
    await clock.advance(19_999);
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await clock.advance(1);
    expect((await failed).detail).toBe("idle");
  });

  test("a reader that pauses is no provider's silence", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces: ["one ", "two ", "three"] } });
    const router = createRouter({ providers: [upstream], clock, timeouts: { idleMs: 5_000 } });
    let text = "";
    for await (const { choices } of router.stream(ask())) {
      text += choices[0]?.delta.content ?? "";
      await clock.advance(60_000);
    }
    expect(text).toBe("one two three");
  });

  test("a suspended process is no provider's silence either", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "here", delayMs: 1_000 } });
    const router = createRouter({ providers: [upstream], clock, timeouts: { headersMs: 30_000, totalMs: 3_600_000 } });
    const work = router.chat(ask());
    await clock.advance(10);
    await clock.suspend(600_000);
    expect((await work).choices[0].message.content).toBe("here");
  });

  test("what was timed or broke while the process slept is held against nobody", async () => {
    const clock = createVirtualClock();
    let step: ScriptStep = { text: "here", delayMs: 1_000 };
    const upstream = provider("a", { clock, otherwise: () => step as Exclude<ScriptStep, ScriptFunction> });
    const router = createRouter({ providers: [upstream, provider("b", { clock })], clock, strategy: "ordered" });
    const told = listenTo(router, ["breaker"]);
    for (let i = 0; i < 10; i += 1) await Promise.all([readAll(router.stream(ask())), clock.advance(1_000)]);
    const measured = () => router.stats().candidates.find(({ id }) => id === "a/m");
    const usual = measured()?.ttft.p95;
    const asleep = async () => {
      const work = Array.from({ length: 12 }, () => readAll(router.stream(ask())));
      await clock.advance(10);
      await clock.suspend(60_000);
      await clock.advance(1_000);
      return Promise.all(work);
    };
    expect((await asleep()).map(({ text }) => text)).toEqual(Array.from({ length: 12 }, () => "here"));
    expect(measured()?.ttft.p95).toBe(usual);
    expect(measured()?.attempts).toBe(22);
    step = { error: broken("network", { detail: "reset" }), delayMs: 1_000 };
    expect((await asleep()).map(({ text }) => text)).toEqual(Array.from({ length: 12 }, () => "ok"));
    expect(eventsOf(told, "breaker")).toEqual([]);
    expect([measured()?.attempts, router.health().candidates[0]?.status]).toEqual([22, "healthy"]);
  });

  test("the total spans everything, and is nobody's failure", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces: ["x", 40, "x", 40, "x", 40, "x"] } });
    const router = createRouter({ providers: [upstream, provider("b", { clock })], clock, strategy: "ordered" });
    const read = readAll(router.stream(ask(), { timeoutMs: 100 }));
    await clock.advance(100);
    const { text, error } = await read;
    expect([text, error?.kind, error?.detail]).toEqual(["xxx", "stream_interrupted", "total"]);
    expect(router.health().candidates[0]?.status).toBe("unknown");
  });

  test("a stream that its reader abandons is ended by its deadline: socket, place and record", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces: ["one", "two", 10, "three"] } });
    const limits = { a: { maxConcurrent: 1 } };
    const router = createRouter({ providers: [upstream], clock, limits, timeouts: { totalMs: 60_000 } });
    const told = listenTo(router, ["attempt", "done"]);
    const stream = router.stream(ask());
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await clock.advance(60_000);
    expect(upstream.calls[0]?.context.signal.aborted).toBe(true);
    expect(told.map(({ name }) => name)).toEqual(["attempt", "done"]);
    const error = await failureOf(stream.reply);
    expect([error.kind, error.detail, error.partial?.text.startsWith("one")]).toEqual([
      "stream_interrupted",
      "total",
      true,
    ]);
    expect((await failureOf(reader.next())).detail).toBe("total");
    const next = router.chat(ask("free again"));
    await clock.advance(10);
    expect((await next).choices[0].message.content).toBe("onetwothree");
    await router.close();
  });
});

describe("a probe of one that hung", () => {
  const hanging = (usualMs?: number) => {
    const clock = createVirtualClock();
    let hangs = usualMs === undefined;
    const upstream = provider("a", {
      clock,
      otherwise: () => (hangs ? { hang: true } : { text: "here", delayMs: usualMs }),
    });
    const router = createRouter({ providers: [upstream, provider("b", { clock })], clock, strategy: "ordered" });
    /** How long it took to get an answer, and from whom. */
    const timed = async (work: () => Promise<{ error?: unknown }>) => {
      const startedAtMs = clock.now();
      let endedAtMs = Number.NaN;
      const done = work().finally(() => {
        endedAtMs = clock.now();
      });
      const [result] = await Promise.all([done, clock.advance(120_000)]);
      expect(result.error).toBeUndefined();
      return endedAtMs - startedAtMs;
    };
    const hang = () => {
      hangs = true;
    };
    return { clock, upstream, router, timed, hang };
  };

  test("makes the request that carries it wait a third of the time, streamed or whole", async () => {
    const { upstream, router, timed } = hanging();
    expect(await timed(() => readAll(router.stream(ask())))).toBe(30_000);
    expect(await timed(() => readAll(router.stream(ask())))).toBe(10_000);
    expect(await timed(() => router.chat(ask()).then(() => ({})))).toBe(40_000);
    expect(upstream.calls).toHaveLength(3);
    expect(router.health().candidates[0]?.status).not.toBe("healthy");
  });

  test("has three times what is usual for it, where that is longer", async () => {
    const { router, timed, hang } = hanging(5_000);
    expect(await timed(() => readAll(router.stream(ask())))).toBe(5_000);
    hang();
    expect(await timed(() => readAll(router.stream(ask())))).toBe(30_000);
    expect(Math.round((await timed(() => readAll(router.stream(ask())))) / 1_000)).toBe(15);
  });

  test("has all of its time where nobody else may answer", async () => {
    const { clock, router, timed } = hanging();
    await timed(() => readAll(router.stream(ask())));
    for (const options of [{ fallback: false }, { allow: ["a"] }]) {
      const startedAtMs = clock.now();
      const read = readAll(router.stream(ask(), { ...options, strategy: "ordered" }));
      await clock.advance(29_999);
      expect(clock.pendingTimers).toBeGreaterThan(0);
      await clock.advance(1);
      expect((await read).error?.attempts[0]?.latencyMs).toBe(clock.now() - startedAtMs);
      await clock.advance(60_000);
    }
  });
});

describe("whole answers", () => {
  test("headers for 120 s; then bytes keep it alive, however long it is, also after its first content", async () => {
    const clock = createVirtualClock();
    const upstream: Provider = {
      id: "a",
      models: [testModel("m")],
      async chat(_, context) {
        await until(clock, 100_000);
        context.report?.("headers");
        context.report?.("content");
        for (let i = 0; i < 10; i += 1) {
          await until(clock, 50_000);
          context.report?.("bytes");
        }
        return createReply({ text: "long" });
      },
    };
    const router = createRouter({ providers: [upstream], clock, timeouts: { totalMs: 3_600_000 } });
    const work = router.chat(ask());
    await clock.advance(600_000);
    expect((await work).choices[0].message.content).toBe("long");
    const silent: Provider = {
      ...upstream,
      chat: (_, { report }) => {
        report?.("headers");
        return new Promise(() => {});
      },
    };
    const other = createRouter({ providers: [silent], clock });
    const failed = failureOf(other.chat(ask(), { timeoutMs: 61_000 }));
    await clock.advance(60_000);
    const [attempt] = (await Promise.race([failed, clock.advance(1_000).then(() => failed)])).attempts;
    expect([attempt?.outcome, attempt?.detail]).toEqual(["timeout", "idle"]);
  });

  test("blank lines before one are no content: it begins in 120 s from the head, or another is asked", async () => {
    const clock = createVirtualClock();
    const queueing = (waits: number): Provider => ({
      id: "a",
      models: [testModel("m")],
      async chat(_, { report }) {
        report?.("headers");
        for (let n = 0; n < waits; n += 1) {
          await until(clock, 10_000);
          report?.("blank");
        }
        report?.("bytes");
        return createReply({ text: "my turn" });
      },
    });
    const providers = (waits: number) => [queueing(waits), provider("b", { clock })];
    const router = createRouter({ providers: providers(30), clock, strategy: "ordered" });
    const told = listenTo(router, ["breaker"]);
    const [{ route }] = await Promise.all([router.chat(ask()), clock.advance(120_000)]);
    expect(route.attempts.map(({ detail, latencyMs }) => [detail, latencyMs])).toEqual([
      ["first_token", 120_000],
      [undefined, 0],
    ]);
    expect(eventsOf(told, "breaker").map(({ to }) => to)).toEqual(["open"]);
    const patient = createRouter({ providers: providers(11), clock, strategy: "ordered" });
    const [reply] = await Promise.all([patient.chat(ask()), clock.advance(120_000)]);
    expect(reply.route.provider).toBe("a");
  });

  test("blank lines over a socket", async () => {
    const server = await createFaultServer();
    try {
      const vendor = openaiCompatible({
        id: "a",
        baseURL: server.url,
        models: [testModel("m")],
        chatUpstream: "whole",
      });
      const timeouts = { idleMs: 200, totalMs: 5_000 };
      const router = createRouter({ providers: [vendor], timeouts, retry: { attempts: 1 } });
      const answer = JSON.stringify(createReply({ text: "my turn" }));
      const lines = (count: number) => Array.from({ length: count }, () => [20, "\r\n"]).flat();
      const json = { "content-type": "application/json", "transfer-encoding": "chunked" };
      server.script(stream([...lines(100), answer], "end", json));
      const failure = await failureOf(router.chat(ask()));
      expect([failure.kind, failure.detail]).toEqual(["timeout", "first_token"]);
      server.script(stream([...lines(5), answer], "end", json));
      router.reset();
      expect((await router.chat(ask())).choices[0].message.content).toBe("my turn");
    } finally {
      await server.close();
    }
  });

  test("asked for as a stream: comments keep nothing alive, before the first content and after it", async () => {
    const server = await createFaultServer();
    try {
      const vendor = openaiCompatible({
        id: "a",
        baseURL: server.url,
        models: [testModel("m")],
        chatUpstream: "stream",
      });
      const timeouts = { headersMs: 5_000, firstTokenMs: 100, idleMs: 200, totalMs: 5_000 };
      const retry = { attempts: 1 };
      const router = createRouter({ providers: [vendor, provider("b")], timeouts, strategy: "ordered" });
      const told = listenTo(router, ["breaker"]);
      server.script(keepAliveOnly());
      const { route } = await router.chat(ask());
      expect(route.attempts.map(({ outcome, detail }) => [outcome, detail])).toEqual([
        ["timeout", "first_token"],
        ["success", undefined],
      ]);
      expect(eventsOf(told, "breaker").map(({ to }) => to)).toEqual(["open"]);
      const comments = Array.from({ length: 200 }, () => [20, ": keep-alive\n\n"]).flat();
      server.script(stream([textEvent("one"), 150, textEvent("two"), ...comments], "hang"));
      const other = createRouter({ providers: [vendor], timeouts, retry });
      const failure = await failureOf(other.chat(ask()));
      expect([failure.kind, failure.detail]).toEqual(["timeout", "idle"]);
    } finally {
      await server.close();
    }
  });

  test("waiting in a queue counts against the deadline, and an attempt never starts after it", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "ok", delayMs: 1_000 } });
    const limits = { a: { maxConcurrent: 1, queueMs: 500 } };
    const router = createRouter({ providers: [upstream], clock, limits });
    const first = router.chat(ask("1"));
    const patient = failureOf(router.chat(ask("2")));
    const hurried = failureOf(router.chat(ask("3"), { timeoutMs: 100 }));
    await clock.advance(1_000);
    await first;
    expect([(await patient).kind, (await patient).detail]).toEqual(["timeout", "queue"]);
    expect(["saturated", "timeout"]).toContain((await hurried).kind);
    expect(upstream.calls).toHaveLength(1);
  });

  test("retries stop where no time is left to ask", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { error: broken(), delayMs: 90 } });
    const router = createRouter({ providers: [upstream], clock, random: () => 0.5 });
    const starts: number[] = [];
    router.on("attempt", ({ startedAtMs }) => void starts.push(startedAtMs));
    const work = failureOf(router.chat(ask(), { timeoutMs: 300 }));
    await clock.advance(10_000);
    await work;
    expect(starts.every((startedAtMs) => startedAtMs < 300)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
