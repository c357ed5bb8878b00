import {
  type CachedOptions,
  type CallOptions,
  type ChatRequest,
  cached,
  createCache,
  createRouter,
  defineStrategy,
  type Message,
  type Provider,
} from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing, model } from "./doubles.js";

test("an equal request is answered from memory, costs nothing and says what it saved", async () => {
  const clock = createVirtualClock();
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: { ttlMs: 1_000 }, clock });
  const first = await router.chat(ask("x"));
  await clock.advance(400);
  const second = await router.chat(ask("x"));
  expect(provider.calls).toBe(1);
  expect(second.choices[0].message.content).toBe(first.choices[0].message.content);
  expect(second.route.cache).toEqual({ status: "hit", ageMs: 400, savedUsd: first.route.costUsd });
  expect([second.route.costUsd, second.route.attempts]).toEqual([0, []]);
  await clock.advance(600);
  expect((await router.chat(ask("x"))).route.cache.status).toBe("miss");
});

test("a stream and a chat share an entry, and the replayed stream says the same", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: {} });
  const reply = await router.stream(ask("x")).reply;
  expect(reply.route.cache.status).toBe("miss");
  let text = "";
  const again = router.stream(ask("x"));
  for await (const { choices } of again) text += choices[0]?.delta.content ?? "";
  expect(text).toBe("a says hello");
  expect((await again.reply).route.cache.status).toBe("hit");
  expect((await router.chat(ask("x"))).route.cache.status).toBe("hit");
  expect(provider.calls).toBe(1);
});

test("tenants never share an answer", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: {} });
  await router.with({ tenant: "acme" }).chat(ask("x"));
  expect((await router.with({ tenant: "zeta" }).chat(ask("x"))).route.cache.status).toBe("miss");
  expect((await router.chat(ask("x"))).route.cache.status).toBe("miss");
  expect((await router.chat(ask("x"), { tenant: "acme" })).route.cache.status).toBe("hit");
  expect(provider.calls).toBe(3);
});

test("a hit is served only where its candidate could serve the call", async () => {
  const router = createRouter({ providers: [double("a"), double("b")], strategy: "ordered", cache: {} });
  expect((await router.chat(ask("x"))).route.provider).toBe("a");
  expect((await router.chat(ask("x"), { deny: ["a"] })).route.provider).toBe("b");
});

test("the router's hits and misses are what its callers saw", async () => {
  const router = createRouter({ providers: [double("a"), double("b")], strategy: "ordered", cache: {} });
  await router.chat(ask("x"));
  expect((await router.chat(ask("x"), { deny: ["a"] })).route.cache.status).toBe("miss");
  await router.chat(ask("x"));
  await Promise.all([router.chat(ask("y")), router.chat(ask("y"))]);
  await router.chat(ask("x"), { cache: false });
  expect(router.stats().cache).toMatchObject({ hits: 1, misses: 4, hitRate: 0.2 });
});

test("a routing change does not turn a hit into a miss", async () => {
  const router = createRouter({ providers: [double("a"), double("b")], strategy: "ordered", cache: {} });
  await router.chat(ask("x"));
  expect((await router.chat(ask("x"), { strategy: "round-robin" })).route.cache.status).toBe("hit");
  router.disable("a");
  expect((await router.chat(ask("x"))).route.cache.status).toBe("hit");
});

test("100 equal requests at once make one upstream call", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: {} });
  const replies = await Promise.all(Array.from({ length: 100 }, () => router.chat(ask("x"))));
  expect(provider.calls).toBe(1);
  expect(replies.filter(({ route }) => route.cache.status === "joined")).toHaveLength(99);
  expect(replies.filter(({ route }) => route.attempts.length > 0)).toHaveLength(1);
  expect(router.stats().attempts.attempts).toBe(1);
});

test("the leader's abort does not hurt those who joined", async () => {
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const provider = double("a");
  const inner = provider.chat;
  provider.chat = async (request, context) => {
    await gate;
    return (inner as NonNullable<typeof inner>)(request, context);
  };
  const router = createRouter({ providers: [provider], cache: {} });
  const controller = new AbortController();
  const leader = router.chat(ask("x"), { signal: controller.signal });
  const follower = router.chat(ask("x"));
  controller.abort();
  await expect(leader).rejects.toMatchObject({ kind: "cancelled" });
  release();
  expect((await follower).choices[0].message.content).toBe("a says hello");
});

test("a failure that is the request's own is shared: nobody who asked the same asks again", async () => {
  const provider = double("a", { fail: (call) => (call === 1 ? failing("invalid_request") : undefined) });
  const router = createRouter({ providers: [provider], cache: {} });
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => router.chat(ask("x"))));
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(10);
  expect(provider.calls).toBe(1);
});

test("a score of 0 drops the answer from the cache", async () => {
  const router = createRouter({ providers: [double("a")], cache: {} });
  const reply = await router.chat(ask("x"));
  router.feedback(reply, { score: 0 });
  expect((await router.chat(ask("x"))).route.cache.status).toBe("miss");
});

test("temperature above 0 is not stored unless told to", async () => {
  const router = createRouter({ providers: [double("a")], cache: {} });
  const warm = { ...ask("x"), temperature: 0.7 };
  await router.chat(warm);
  expect((await router.chat(warm)).route.cache.status).toBe("bypass");
  const any = createRouter({ providers: [double("a")], cache: { temperature: "any" } });
  await any.chat(warm);
  expect((await any.chat(warm)).route.cache.status).toBe("hit");
});

test("cached(provider): a hit makes no attempt and costs nothing", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [cached(provider, { mode: "response" })] });
  await router.chat(ask("x"));
  const reply = await router.chat(ask("x"));
  expect(provider.calls).toBe(1);
  expect([reply.route.cache.status, reply.route.costUsd, reply.route.attempts]).toEqual(["hit", 0, []]);
});

test("cached() says what it was given wrongly", () => {
  const wrong: [string, () => unknown][] = [
    ["provider", () => cached(undefined as never)],
    ["provider", () => cached("glm" as never)],
    ["options", () => cached(double("a"), null as never)],
    ["options", () => cached(double("a"), "full" as never)],
  ];
  for (const [path, act] of wrong) expect(act).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
});

test("cached(provider) in context mode sends the stored history and always asks", async () => {
  const provider = double("a");
  const seen: number[] = [];
  const inner = provider.chat;
  provider.chat = (request, context) => {
    seen.push((request as { messages: unknown[] }).messages.length);
    return (inner as NonNullable<typeof inner>)(request, context);
  };
  const router = createRouter({ providers: [cached(provider, { mode: "context" })], conversations: { ttlMs: 1 } });
  const context = { conversationId: "c1", tenant: undefined };
  const decorated = cached(provider, { mode: "context" });
  const call = {
    ...context,
    signal: new AbortController().signal,
    deadline: { remainingMs: () => 1e9 },
    requestId: "r",
  };
  const attempts = { limit: 4, used: 0, take: () => true };
  await decorated.chat(ask("one"), { ...call, attempts });
  await decorated.chat(ask("two"), { ...call, attempts });
  expect(seen).toEqual([1, 3]);
  await router.close();
});

test("a conversation remembers: the next turn is sent as its new message alone", async () => {
  const provider = double("a");
  const lengths: number[] = [];
  const inner = provider.chat;
  provider.chat = (request, context) => {
    lengths.push((request as { messages: unknown[] }).messages.length);
    return (inner as NonNullable<typeof inner>)(request, context);
  };
  const router = createRouter({ providers: [provider] });
  const talk = router.conversation("c1", { tenant: "acme" });
  await talk.chat({
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", content: "one" },
    ],
  });
  await talk.chat("two");
  expect(lengths).toEqual([2, 4]);
  expect(talk.messages().map(({ role }) => role)).toEqual(["system", "user", "assistant", "user", "assistant"]);
  expect(router.conversation("c1").messages()).toEqual([]);
  await Promise.all([talk.chat("three"), talk.chat("four")]);
  const texts = talk
    .messages()
    .filter(({ role }) => role === "user")
    .map(({ content }) => content);
  expect(texts).toEqual(["one", "two", "three", "four"]);
  const snapshot = JSON.parse(JSON.stringify(talk.export()));
  const copy = router.conversation("c2");
  expect([copy.import(snapshot), copy.messages().length]).toEqual([true, 9]);
  expect(copy.import({ version: 99 })).toBe(false);
});

test("similarity in shadow mode asks the model all the same and counts how often it would have been wrong", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: { similar: {} } });
  await router.chat(ask("What is the capital of France?"));
  const again = await router.chat(ask("what's the capital of France"));
  expect([again.route.cache.status, provider.calls]).toEqual(["miss", 2]);
  expect(router.stats().similarity?.shadow).toMatchObject({ observed: 1, disagreed: 0 });
});

test("similarity, switched on, marks its answers with their score, and keeps tenants and numbers apart", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: { similar: { mode: "serve" } } });
  await router.chat(ask("What is the capital of France?"), { tenant: "t" });
  const again = await router.chat(ask("what's the capital of France"), { tenant: "t" });
  expect(again.route.cache.status).toBe("similar");
  expect(again.route.cache.score).toBeGreaterThan(0.5);
  expect((await router.chat(ask("what's the capital of France"))).route.cache.status).toBe("miss");
  expect((await router.chat(ask("What is the capital of Spain?"), { tenant: "t" })).route.cache.status).toBe("miss");
});

test("a score of 0 for a similar answer drops that answer", async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: { similar: { mode: "serve" } } });
  await router.chat(ask("What is the capital of France?"));
  const similar = await router.chat(ask("what's the capital of France"));
  expect(similar.route.cache.status).toBe("similar");
  router.feedback(similar, { score: 0 });
  expect((await router.chat(ask("what's the capital of France"))).route.cache.status).toBe("miss");
});

test("similarity asks for the same system prompt, parameters, tools and earlier turns, and serves no call with tools", async () => {
  const able = { tools: true, vision: false, thinking: "none", json: "none" } as const;
  const provider = double("a", { models: [model({ capabilities: able })] });
  const router = createRouter({ providers: [provider], cache: { similar: { mode: "serve" } } });
  const [one, like] = ["What is the capital of France?", "what's the capital of France"];
  await router.chat(ask(one));
  const tools = [{ type: "function" as const, function: { name: "f" } }];
  const said = (...messages: Message[]): Message[] => [...messages, { role: "user", content: like }];
  const others: ChatRequest[] = [
    { ...ask(like), max_tokens: 50 },
    { ...ask(like), tools },
    { messages: said({ role: "system", content: "Be brief." }) },
    { messages: said({ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }) },
  ];
  for (const request of others) expect((await router.chat(request)).route.cache.status).toBe("miss");
  await router.chat({ ...ask(one), tools });
  expect((await router.chat({ ...ask("Tell me what's the capital of France"), tools })).route.cache.status).toBe(
    "miss",
  );
  expect((await router.chat(ask(like))).route.cache.status).toBe("similar");
});

test("similarity keeps answers to a schema from plain questions, and looks nothing up for a call that only writes", async () => {
  const output = {
    "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
  };
  const router = createRouter({
    providers: [double("a", { text: '{"capital":"Paris"}' })],
    cache: { similar: { mode: "serve" } },
  });
  await router.chat(ask("What is the capital of France?"), { output });
  const like = ask("what's the capital of France");
  const statusOf = async (options: CallOptions) => (await router.chat(like, options)).route.cache.status;
  expect(await statusOf({ cache: { mode: "read" } })).toBe("miss");
  expect(await statusOf({ output, cache: { mode: "write" } })).toBe("miss");
  expect(await statusOf({ output })).toBe("hit");
  expect((await router.chat(ask("Please, what is the capital of France"), { output })).route.cache.status).toBe(
    "similar",
  );
});

test("a like answer that cannot serve one call still serves the next", async () => {
  const a = double("a");
  const router = createRouter({
    providers: [a, double("b")],
    strategy: "ordered",
    cache: { similar: { mode: "serve" } },
  });
  await router.chat(ask("What is the capital of France?"));
  const like = ask("what's the capital of France");
  const denied = await router.chat(like, { deny: ["a"], cache: { mode: "read" } });
  expect([denied.route.provider, denied.route.cache.status]).toEqual(["b", "miss"]);
  expect((await router.chat(like)).route.cache).toMatchObject({ status: "similar" });
});

test("a like answer that is gone is forgotten", async () => {
  const clock = createVirtualClock();
  const router = createRouter({
    providers: [double("a")],
    cache: { ttlMs: 1_000, similar: { mode: "serve" } },
    clock,
  });
  await router.chat(ask("What is the capital of France?"));
  expect(router.stats().similarity?.entries).toBe(1);
  await clock.advance(1_000);
  const reply = await router.chat(ask("what's the capital of France"), { cache: { mode: "read" } });
  expect(reply.route.cache.status).toBe("miss");
  expect(router.stats().similarity?.entries).toBe(0);
});

test("looking up in provider scope elects nobody: later decisions are as they would have been", async () => {
  const decisions = async (lookUps: boolean): Promise<readonly unknown[]> => {
    const incumbents: unknown[] = [];
    const strategy = defineStrategy({
      name: "by-word",
      score: ({ provider }, { request, incumbent, sequence }) => {
        const [message] = request.messages;
        if (message?.content === "z" && provider === "a") incumbents.push([incumbent, sequence]);
        return (message?.content === "y") === (provider === "b") ? 1 : 0;
      },
    });
    const router = createRouter({ providers: [double("a"), double("b")], strategy, cache: {} });
    await router.chat(ask("x"));
    await router.chat(ask("y"));
    for (let i = 0; lookUps && i < 3; i += 1) {
      const hit = await router.chat(ask("x"), { cache: { scope: "provider" } });
      expect(hit.route.cache.status).toBe("hit");
    }
    await router.chat(ask("z"));
    return incumbents;
  };
  expect(await decisions(true)).toEqual(await decisions(false));
  expect(await decisions(true)).toEqual([["b/m", 2]]);
});

test("with degrade.staleMs an entry of a cache that was handed in lives its own time and the stale window, no longer", async () => {
  for (const [given, call] of [
    [{ ttlMs: 1_000 }, {}],
    [{ ttlMs: 9_000 }, { cache: { ttlMs: 1_000 } }],
  ] as const) {
    const clock = createVirtualClock();
    const cache = createCache({ ...given, clock });
    let down = false;
    const provider = double("a", { fail: () => (down ? failing() : undefined) });
    const router = createRouter({
      providers: [provider],
      cache,
      degrade: { staleMs: 500 },
      retry: { attempts: 1 },
      clock,
    });
    await router.chat(ask("x"), call);
    await clock.advance(999);
    expect((await router.chat(ask("x"), call)).route.cache.status).toBe("hit");
    down = true;
    await clock.advance(1);
    expect((await router.chat(ask("x"), call)).route.cache.status).toBe("stale");
    await clock.advance(499);
    expect([cache.prune(), cache.stats().entries]).toEqual([0, 1]);
    await clock.advance(1);
    expect([cache.prune(), cache.stats().entries]).toEqual([1, 0]);
  }
});

test.each([
  ["ttlMs", { ttlMs: -1 }],
  ["ttlMs", { ttlMs: Number.NaN }],
  ["ttlMs", { ttlMs: 1e300 }],
  ["mode", { mode: "all" }],
  ["temperature", { temperature: "warm" }],
  ["toolCalls", { toolCalls: "yes" }],
  ["cache", { cache: 5 }],
  ["cache", { cache: null }],
  ["cache.maxBytes", { cache: { maxBytes: 0 } }],
  ["clock", { clock: 3 }],
  ["ttl", { ttl: 5 }],
] as const)("cached(): a wrong %s is an error that names it", (path, options) => {
  const wrong = options as unknown as CachedOptions;
  expect(() => cached(double("a"), wrong)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
});

test.each([{}, null, undefined, { id: "a", models: [] }, { id: "", models: [], chat() {} }])(
  "cached(): %j is no provider",
  (provider) => {
    const wrap = () => cached(provider as unknown as Provider, {});
    expect(wrap).toThrow(expect.objectContaining({ kind: "invalid_options", path: "provider" }));
  },
);

test.each([-1, Number.NaN, 1e300, "5"])("a call's cache.ttlMs of %s is an error", async (ttlMs) => {
  const router = createRouter({ providers: [double("a")], cache: {} });
  const call = router.chat(ask("x"), { cache: { ttlMs: ttlMs as number } });
  await expect(call).rejects.toMatchObject({ kind: "invalid_options", path: "options.cache.ttlMs" });
});

test('no model and "auto" are one request', async () => {
  const provider = double("a");
  const router = createRouter({ providers: [provider], cache: {} });
  await router.chat(ask("hello"));
  for (const name of ["auto", null])
    expect((await router.chat({ ...ask("hello"), model: name })).route.cache.status).toBe("hit");
  expect((await router.chat({ ...ask("hello"), model: "m" })).route.cache.status).toBe("miss");
});

test("a cost limit keeps no stored answer back: a hit costs nothing", async () => {
  for (const usdPerMTok of [{ input: 1, output: 2 }, null]) {
    const router = createRouter({ providers: [double("a", { models: [model({ usdPerMTok })] })], cache: {} });
    await router.chat(ask("hello"));
    const { route } = await router.chat(ask("hello"), { maxCostUsd: 1e-9 });
    expect([route.cache.status, route.costUsd]).toEqual(["hit", 0]);
    await expect(router.chat(ask("another"), { maxCostUsd: 1e-9 })).rejects.toThrow();
  }
});

test("a router refuses to drop by what is no condition, with a cache and without", () => {
  for (const cache of [{}, false as const]) {
    const router = createRouter({ providers: [double("a")], cache });
    const bad = expect.objectContaining({ kind: "invalid_options", path: "which.foo" });
    expect(() => router.invalidate({ foo: 1 } as never)).toThrow(bad);
    expect(router.invalidate({ provider: "a" })).toBe(0);
  }
});

test("invalidating by two conditions reaches what only another process holds in memory", async () => {
  const data = new Map<string, unknown>();
  const store = {
    get: async (key: string) => data.get(key),
    set: async (key: string, value: unknown) => void data.set(key, value),
    delete: async (key: string) => void data.delete(key),
  };
  const clock = createVirtualClock();
  const provider = double("a");
  const process = () =>
    createRouter({ providers: [provider, double("b")], cache: { store }, strategy: "ordered", clock });
  const [one, two] = [process(), process()];
  for (const tenant of ["acme", "other"]) await two.chat(ask("x"), { tenant });
  await two.cache?.flush();
  one.invalidate({ tenant: "acme", provider: "b" });
  expect(one.invalidate({ tenant: "acme", provider: "a" })).toBe(0);
  await one.cache?.flush();
  await clock.advance(5_000);
  two.cache?.peek("");
  await clock.settle();
  for (const router of [one, two]) {
    expect((await router.chat(ask("x"), { tenant: "other" })).route.cache.status).toBe("hit");
  }
  expect((await two.chat(ask("x"), { tenant: "acme" })).route.cache.status).toBe("miss");
});

test("a dead second tier says so once each time it dies, and answers go on", async () => {
  const clock = createVirtualClock();
  let dead = true;
  const entries = new Map<string, unknown>();
  const answer = <T>(value: T): Promise<T> =>
    dead ? Promise.reject(new Error("ECONNREFUSED")) : Promise.resolve(value);
  const store = {
    get: (key: string) => answer(entries.get(key)),
    set: (key: string, value: unknown) => answer(void entries.set(key, value)),
    delete: (key: string) => answer(void entries.delete(key)),
  };
  for (const cache of [{ store }, createCache({ store, clock })]) {
    dead = true;
    const router = createRouter({ providers: [double("a")], cache, clock });
    const told: string[] = [];
    router.on("warning", ({ code, message }) => told.push(`${code}: ${message}`));
    const ask10 = async (prefix: string): Promise<void> => {
      for (let call = 0; call < 10; call += 1) await router.chat(ask(`${prefix}${call}`));
    };
    await ask10("a");
    expect(told).toEqual([expect.stringMatching(/^cache_store_down: The cache's second tier/)]);
    dead = false;
    await clock.advance(60_000);
    await ask10("b");
    expect(told).toHaveLength(1);
    dead = true;
    await ask10("c");
    expect(told).toHaveLength(2);
  }
});
