import {
  type ChatChunk,
  createReply,
  createRouter,
  defineFeature,
  defineStrategy,
  type Feature,
  SignalboxError,
} from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, eventsOf, failureOf, listenTo, provider, readAll } from "../engine/support.js";

const textOf = (chunk: ChatChunk): string => chunk.choices[0]?.delta.content ?? "";
const withText = (chunk: ChatChunk, content: string): ChatChunk => ({
  ...chunk,
  choices: [{ index: 0, delta: { ...chunk.choices[0]?.delta, content }, finish_reason: null }],
});

describe("what a feature of one's own may do", () => {
  test("replaces the request, and changes what the caller sees while the cache keeps the provider's words", async () => {
    const upstream = provider("a", { otherwise: ({ messages }) => `you said ${messages.at(-1)?.content}` });
    const hide = defineFeature({
      name: "hide",
      state: () => ({ names: [] as string[] }),
      request(request, { state }) {
        state.names.push("Ada");
        return { ...request, messages: [{ role: "user" as const, content: "hello NAME1" }] };
      },
      reply(reply, { state }) {
        const [choice] = reply.choices;
        const content = choice.message.content?.replace("NAME1", state.names[0] ?? "") ?? null;
        return { ...reply, choices: [{ ...choice, message: { ...choice.message, content } }] };
      },
    });
    const router = createRouter({ providers: [upstream], cache: { maxBytes: 1 << 16, ttlMs: 60_000 }, use: [hide] });
    const first = await router.chat(ask("hello Ada"));
    expect(upstream.calls[0]?.request.messages.at(-1)?.content).toBe("hello NAME1");
    expect(first.choices[0].message.content).toBe("you said hello Ada");
    const again = await router.chat(ask("hello Ada"));
    expect(again.route.cache.status).toBe("hit");
    expect(again.choices[0].message.content).toBe("you said hello Ada");
    expect(upstream.calls).toHaveLength(1);
  });

  test("changes a stream chunk by chunk; `stream.reply` is what the chunks add up to, and what is held back comes before the end", async () => {
    const upstream = provider("a", { otherwise: { pieces: ["one ", "two ", "three"] } });
    const late = defineFeature({
      name: "late",
      stream() {
        let held = "";
        let last: ChatChunk | undefined;
        return {
          chunk(chunk) {
            if (textOf(chunk) === "") return chunk;
            last = chunk;
            const out = held;
            held = textOf(chunk).toUpperCase();
            return out === "" ? undefined : withText(chunk, out);
          },
          end: () => (last ? [withText(last, held)] : []),
        };
      },
    });
    const router = createRouter({ providers: [upstream], use: [late] });
    const stream = router.stream(ask());
    const { text, chunks } = await readAll(stream);
    expect(text).toBe("ONE TWO THREE");
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect((await stream.reply).choices[0].message.content).toBe("ONE TWO THREE");
    const alone = router.stream(ask());
    expect((await alone.reply).choices[0].message.content).toBe("ONE TWO THREE");
    expect((await router.chat(ask())).choices[0].message.content).toBe("ONE TWO THREE");
  });

  test("refuses a request, and cuts an answer, with an error of its own kind", async () => {
    const upstream = provider("a", { otherwise: { pieces: ["fine ", "forbidden ", "never"] } });
    const guard = defineFeature({
      name: "guard",
      request({ messages }) {
        if (messages.at(-1)?.content === "bad") throw new SignalboxError("content_filter", "not here");
        return undefined;
      },
      stream: () => ({
        chunk(chunk) {
          if (textOf(chunk).includes("forbidden")) throw new SignalboxError("content_filter", "cut");
          return chunk;
        },
      }),
    });
    const router = createRouter({ providers: [upstream], use: [guard] });
    const told = listenTo(router);
    const refused = await failureOf(router.chat(ask("bad")));
    expect(refused).toMatchObject({ kind: "content_filter", requestId: expect.any(String) });
    expect(upstream.calls).toHaveLength(0);
    expect(eventsOf(told, "done")).toMatchObject([{ outcome: "content_filter" }]);
    const stream = router.stream(ask("good"));
    const { text, error } = await readAll(stream);
    expect(text).toBe("fine ");
    expect(error?.kind).toBe("content_filter");
    expect((await failureOf(stream.reply)).kind).toBe("content_filter");
    expect(eventsOf(told, "done").at(-1)).toMatchObject({ outcome: "content_filter" });
  });

  test("answers without asking anybody", async () => {
    const upstream = provider("a");
    const faq = defineFeature({
      name: "faq",
      recall: ({ request }) =>
        request.messages.at(-1)?.content === "hours?" ? createReply({ text: "9 to 5" }) : undefined,
    });
    const router = createRouter({ providers: [upstream], use: [faq] });
    const reply = await router.chat(ask("hours?"));
    expect(reply.choices[0].message.content).toBe("9 to 5");
    expect(reply.route).toMatchObject({ provider: "faq", attempts: [], costUsd: 0, cache: { status: "hit" } });
    expect((await readAll(router.stream(ask("hours?")))).text).toBe("9 to 5");
    expect(upstream.calls).toHaveLength(0);
    expect((await router.chat(ask("else"))).route.provider).toBe("a");
  });

  test("leaves candidates out with a word of its own, and tells strategies facts", async () => {
    const rank = defineStrategy({ name: "liked", score: ({ facts }) => Number(facts?.liked ?? 0) });
    const taste = defineFeature({
      name: "taste",
      exclude: ({ provider: id }) => (id === "a" ? "out_of_region" : undefined),
      facts: ({ provider: id }) => ({ liked: id === "c" ? 2 : 1 }),
    });
    const router = createRouter({
      providers: [provider("a"), provider("b"), provider("c")],
      strategy: rank,
      use: [taste],
    });
    const plan = router.explain(ask());
    expect(plan.excluded).toEqual([{ id: "a/m", reason: "out_of_region" }]);
    expect(plan.candidates.map(({ id }) => id)).toEqual(["c/m", "b/m"]);
    expect((await router.chat(ask())).route.provider).toBe("c");
  });

  test("takes a lease for each call, refuses a candidate, and gives everything back", async () => {
    const told: string[] = [];
    const upstreams = [provider("a"), provider("b", { script: [new SignalboxError("server", "down")] }), provider("c")];
    const lease = defineFeature({
      name: "lease",
      admit(_run, { id }) {
        if (id === "a/m") return new SignalboxError("saturated", "full");
        told.push(`took ${id}`);
        return { settle: (costUsd) => void told.push(`settled ${id} ${costUsd}`) };
      },
    });
    const router = createRouter({ providers: upstreams, strategy: "weighted", strategies: [inOrder], use: [lease] });
    const reply = await router.chat(ask(), { strategy: "in-order" });
    expect(reply.route.provider).toBe("c");
    expect(told).toEqual(["took b/m", "settled b/m 0", "took c/m", expect.stringMatching(/^settled c\/m 0\.0/)]);
  });

  test("wraps calls and the walk, and is told of everything once", async () => {
    const log: string[] = [];
    const watch = defineFeature({
      name: "watch",
      async attempt(next, _run, { id }) {
        log.push(`before ${id}`);
        const answer = await next();
        log.push(`after ${answer.provider} ${answer.reply?.choices[0].message.content}`);
        return answer;
      },
      async flight(next) {
        log.push("begin");
        const answer = await next();
        log.push("end");
        return answer;
      },
      decided: ({ candidate }) => void log.push(`decided ${candidate}`),
      settled: ({ outcome }) => void log.push(`settled ${outcome}`),
      answered: (_run, { provider: id }) => void log.push(`answered ${id}`),
      replied: (_run, { choices }) => void log.push(`replied ${choices[0].message.content}`),
      ended: ({ outcome }) => void log.push(`ended ${outcome}`),
    });
    const router = createRouter({ providers: [provider("a")], use: [watch] });
    await router.chat(ask());
    expect(log).toEqual([
      "begin",
      "decided a/m",
      "before a/m",
      "settled success",
      "after a ok",
      "end",
      "answered a",
      "replied ok",
      "ended ok",
    ]);
  });

  test("opens with the router and closes with it", async () => {
    const log: string[] = [];
    const feature = defineFeature({
      name: "life",
      open: ({ id, candidates }) => void log.push(`${id} ${candidates.map((each) => each.id)}`),
      close: () => void log.push("closed"),
    });
    const router = createRouter({ providers: [provider("a")], use: [feature] });
    await router.close();
    expect(log).toEqual(["router a/m", "closed"]);
  });
});

const inOrder = defineStrategy({ name: "in-order", score: ({ position }) => -position });

describe("a feature that fails", () => {
  const boom = (): never => {
    throw new TypeError("secret text");
  };
  const faults: readonly [string, Partial<Feature>][] = [
    ["request", { request: boom }],
    ["recall", { recall: boom }],
    ["exclude", { exclude: boom }],
    ["admit", { admit: boom }],
    ["attempt", { attempt: boom }],
    ["flight", { flight: boom }],
    ["settled", { settled: boom }],
    ["answered", { answered: boom }],
    ["replied", { replied: boom }],
    ["decided", { decided: boom }],
    ["reply", { reply: boom }],
    ["request", { request: () => ({ messages: "none" }) as never }],
    ["recall", { recall: () => ({}) as never }],
    ["exclude", { exclude: () => 5 as never }],
    ["admit", { admit: () => 5 as never }],
    ["attempt", { attempt: async () => ({ provider: "x", model: "y", reply: undefined }) }],
    ["flight", { flight: async () => ({ provider: "x", model: "y", reply: undefined }) }],
    ["attempt", { attempt: (next) => next().then(() => next()) }],
    ["reply", { reply: () => 5 as never }],
    ["stream", { stream: boom }],
    ["stream", { stream: () => ({}) as never }],
    ["stream", { stream: () => ({ chunk: boom }) }],
    ["stream", { stream: () => ({ chunk: () => 5 as never }) }],
  ];

  test.each(faults)("ends that request alone, typed and by name: %s %#", async (slot, slots) => {
    const upstream = provider("a");
    let broken = true;
    const feature = { name: "fragile", ...slots };
    const guarded = Object.fromEntries(
      Object.entries(feature).map(([name, work]) => [
        name,
        typeof work === "function"
          ? (...args: unknown[]) => (broken ? (work as (...given: unknown[]) => unknown)(...args) : fine(name, args))
          : work,
      ]),
    ) as unknown as Feature;
    const router = createRouter({ providers: [upstream], use: [guarded], limits: { "*": { maxConcurrent: 1 } } });
    const told = listenTo(router);
    for (const streamed of [false, true]) {
      broken = true;
      const stream = streamed ? router.stream(ask()) : undefined;
      const read = stream && (await readAll(stream));
      const error = await failureOf(stream ? stream.reply : router.chat(ask()));
      expect(error).toMatchObject({ kind: "server", detail: "feature", path: `use.fragile.${slot}` });
      expect(error.message).toContain('"fragile"');
      expect(JSON.stringify(error)).not.toContain("secret");
      if (read) expect(read.error?.path).toBe(`use.fragile.${slot}`);
      broken = false;
      expect((await router.chat(ask())).choices[0].message.content).toBe("ok");
    }
    expect(eventsOf(told, "done").map(({ outcome }) => outcome)).toEqual(["server", "ok", "server", "ok"]);
  });

  function fine(slot: string, args: unknown[]): unknown {
    if (slot === "attempt" || slot === "flight") return (args[0] as () => unknown)();
    if (slot === "stream") return { chunk: (chunk: ChatChunk) => chunk };
    return undefined;
  }

  const never = new Promise<never>(() => {});
  test.each([
    ["request", { request: () => never }],
    ["recall", { recall: () => never }],
    ["admit", { admit: () => never }],
    ["attempt", { attempt: () => never }],
    ["attempt", { attempt: (next: () => Promise<unknown>) => next().then(() => never) }],
    ["flight", { flight: () => never }],
    ["reply", { reply: () => never }],
  ])("is left behind at the request's deadline: %s %#", async (slot, slots) => {
    const clock = createVirtualClock();
    const router = createRouter({
      providers: [provider("a", { clock })],
      clock,
      use: [{ name: "slow", ...slots } as Feature],
      limits: { "*": { maxConcurrent: 1 } },
    });
    for (const streamed of [false, true]) {
      const work = failureOf(
        streamed ? router.stream(ask(), { timeoutMs: 1_000 }).reply : router.chat(ask(), { timeoutMs: 1_000 }),
      );
      await clock.advance(1_000);
      expect(await work).toMatchObject({ kind: "timeout", detail: "total", path: `use.slow.${slot}` });
    }
    await router.close();
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
  });

  test("fails in `ended`: the answer stands, and a warning tells", async () => {
    const router = createRouter({ providers: [provider("a")], use: [{ name: "log", ended: boom }] });
    const told = listenTo(router);
    expect((await router.chat(ask())).choices[0].message.content).toBe("ok");
    expect(eventsOf(told, "warning")).toMatchObject([
      { code: "feature_failed", message: expect.stringContaining('"log"') },
    ]);
  });

  test.each([
    ["use[0]", [5]],
    ["use[0].name", [{ request: () => undefined }]],
    ["use[0].reqest", [{ name: "x", reqest: () => undefined }]],
    ["use[0].request", [{ name: "x", request: 5 }]],
    ["use[1].name", [{ name: "x" }, { name: "x" }]],
    ["use[0].open", [{ name: "x", open: boom }]],
  ])("is refused at construction: %s", (path, use) => {
    expect(() => createRouter({ providers: [provider("a")], use: use as never })).toThrow(
      expect.objectContaining({ kind: "invalid_options", path }),
    );
  });
});
