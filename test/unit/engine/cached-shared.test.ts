import { type AnyProvider, type CallContext, cached, createRouter } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, failureOf, provider, readAll } from "./support.js";

const request = { ...ask(), model: "m" };

/** A call as a router would make it. */
function call(signal = new AbortController().signal): CallContext {
  return {
    signal,
    deadline: { remainingMs: () => 60_000 },
    requestId: "r",
    attempts: { limit: 4, used: 0, take: () => true },
  };
}

function rig(options: Parameters<typeof provider>[1] = {}) {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, otherwise: { text: "hello", delayMs: 10 }, ...options });
  return { clock, upstream, decorated: cached(upstream, { clock }) };
}
const pieces = [10, "one ", 10, "two ", 10, "three"];
const SAID = "one two three";

describe("equal calls of a decorated provider at once", () => {
  test("make one call, of their own or through a router without a cache", async () => {
    const { clock, upstream, decorated } = rig();
    const alone = Promise.all(Array.from({ length: 10 }, () => decorated.chat(request, call())));
    await clock.advance(10);
    expect((await alone).map(({ choices }) => choices[0].message.content)).toEqual(Array(10).fill("hello"));
    expect(upstream.calls).toHaveLength(1);
    const router = createRouter({ providers: [decorated], clock });
    const routed = Promise.all(Array.from({ length: 10 }, () => router.chat(ask("another"))));
    await clock.advance(10);
    expect((await routed).filter(({ route }) => (route.costUsd ?? 0) > 0)).toHaveLength(1);
    expect(upstream.calls).toHaveLength(2);
  });

  test("stream together: who comes late gets what was said, then follows; a chat may join", async () => {
    const { clock, upstream, decorated } = rig({ otherwise: { pieces } });
    const first = readAll(decorated.stream(request, call()));
    await clock.advance(25);
    const late = readAll(decorated.stream(request, call()));
    const whole = decorated.chat(request, call());
    await clock.advance(10);
    expect([(await first).text, (await late).text]).toEqual([SAID, SAID]);
    expect((await late).chunks.some(({ choices }) => choices[0]?.finish_reason === "stop")).toBe(true);
    expect((await whole).choices[0].message.content).toBe(SAID);
    expect(upstream.calls).toHaveLength(1);
  });

  test("a stream may join a chat", async () => {
    const { clock, upstream, decorated } = rig();
    const whole = decorated.chat(request, call());
    await clock.settle();
    const stream = readAll(decorated.stream(request, call()));
    await clock.advance(10);
    expect([(await whole).choices[0].message.content, (await stream).text]).toEqual(["hello", "hello"]);
    expect(upstream.calls).toHaveLength(1);
  });

  test.each(["chat", "stream"] as const)("%s: leaving hurts no other; the last one ends the call", async (how) => {
    const { clock, upstream, decorated } = rig({ otherwise: { pieces } });
    const leavers = [new AbortController(), new AbortController(), new AbortController()];
    const reads = leavers.map(({ signal }) =>
      how === "chat"
        ? decorated.chat(request, call(signal))
        : readAll(decorated.stream(request, call(signal))).then(({ error }) => Promise.reject(error)),
    );
    const failures = Promise.all(reads.map(failureOf));
    await clock.advance(15);
    leavers[0]?.abort(new Error("first"));
    leavers[2]?.abort(new Error("third"));
    await clock.settle();
    expect(upstream.calls[0]?.context.signal.aborted).toBe(false);
    leavers[1]?.abort(new Error("last"));
    await clock.settle();
    expect(upstream.calls[0]?.context.signal.aborted).toBe(true);
    expect((await failures).map(({ kind, cause }) => [kind, (cause as Error).message])).toEqual([
      ["cancelled", "first"],
      ["cancelled", "last"],
      ["cancelled", "third"],
    ]);
    const again = decorated.chat(request, call());
    await clock.advance(50);
    expect((await again).choices[0].message.content).toBe(SAID);
    expect(upstream.calls).toHaveLength(2);
  });

  test("a reader that breaks off leaves the others theirs, and the answer is stored", async () => {
    const { clock, upstream, decorated } = rig({ otherwise: { pieces } });
    const broke = (async () => {
      for await (const { choices } of decorated.stream(request, call())) if (choices[0]?.delta.content) break;
    })();
    const other = readAll(decorated.stream(request, call()));
    await clock.advance(100);
    await broke;
    expect((await other).text).toBe(SAID);
    expect((await decorated.chat(request, call())).choices[0].message.content).toBe(SAID);
    expect(upstream.calls).toHaveLength(1);
  });

  test("a failure is not shared: those who joined ask again, one for all of them", async () => {
    const { clock, upstream, decorated } = rig({ script: [{ error: broken("server"), delayMs: 10 }] });
    const work = Promise.allSettled(Array.from({ length: 5 }, () => decorated.chat(request, call())));
    await clock.advance(50);
    expect((await work).map(({ status }) => status)).toEqual(["rejected", ...Array(4).fill("fulfilled")]);
    expect(upstream.calls).toHaveLength(2);
  });

  test("tenants, and what is not stored, fly alone", async () => {
    const { clock, upstream, decorated } = rig();
    const work = Promise.all([
      decorated.chat(request, { ...call(), tenant: "one" }),
      decorated.chat(request, { ...call(), tenant: "two" }),
      decorated.chat({ ...request, temperature: 1 }, call()),
      decorated.chat({ ...request, temperature: 1 }, call()),
    ]);
    await clock.advance(10);
    await work;
    expect(upstream.calls).toHaveLength(4);
  });
});

test.each([[{}], [null], ["text"], [{ choices: [] }], [{ choices: [{ message: null }] }]])(
  "an answer that is none (%j) is what it would be without the decorator",
  async (answer) => {
    const bare = { id: "a", models: [testModel("m")], chat: async () => answer } as unknown as AnyProvider;
    const kinds: string[] = [];
    for (const each of [bare, cached(bare), cached(bare, { mode: "context" })]) {
      const router = createRouter({ providers: [each], retry: { attempts: 1 } });
      kinds.push((await failureOf(router.chat(ask(), { conversationId: "c" }))).kind);
    }
    expect(kinds).toEqual(Array(3).fill("malformed_response"));
  },
);

test.each(["chat", "stream"] as const)(
  "%s: the call of one who has left is paid by the next who gets the answer",
  async (how) => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces } });
    const router = createRouter({ providers: [cached(upstream, { clock })], clock });
    const asked = (signal?: AbortSignal) =>
      how === "chat" ? router.chat(ask(), { signal }) : router.stream(ask(), { signal }).reply;
    const controller = new AbortController();
    const leader = failureOf(asked(controller.signal));
    await clock.advance(5);
    const others = [asked(), asked()];
    await clock.advance(2);
    controller.abort();
    await clock.advance(100);
    await leader;
    const routes = (await Promise.all(others)).map(({ route }) => route);
    expect(routes.map(({ cache, attempts }) => [cache.status, attempts.length])).toEqual([
      ["bypass", 1],
      ["hit", 0],
    ]);
    expect(routes[0]?.costUsd).toBeGreaterThan(0);
    expect(upstream.calls).toHaveLength(1);
    const later = await asked();
    expect([later.route.cache.status, later.route.costUsd]).toEqual(["hit", 0]);
  },
);
