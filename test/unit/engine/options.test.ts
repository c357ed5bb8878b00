import { cached, createCache, createRouter, type RouterOptions, SignalboxError } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, failureOf, provider } from "./support.js";

const KEY = "sk-secret-0123456789";
const a = provider("a");

function refusal(options: unknown): SignalboxError {
  try {
    createRouter(options as RouterOptions);
  } catch (thrown) {
    if (SignalboxError.isInstance(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("was taken");
}

describe("options of the router: each mistake is one typed error that names its path", () => {
  const model = testModel("m");
  test.each<[string, unknown]>([
    ["options", undefined],
    ["options", KEY],
    ["providers", {}],
    ["providers", { providers: [] }],
    ["providers", { providers: KEY }],
    ["providers[0]", { providers: [KEY] }],
    ["providers[1].id", { providers: [a, provider("a")] }],
    ["providers[0].id", { providers: [{ ...a, id: `has/slash ${KEY}` }] }],
    ["providers[0].models", { providers: [{ ...a, models: [] }] }],
    ["providers[0].models[0].endsOn", { providers: [{ ...a, models: [{ ...a.models[0], endsOn: new Date(0) }] }] }],
    [
      "providers[0].models[0].contextWindow",
      { providers: [{ ...a, models: [{ ...model, contextWindow: Number.NaN }] }] },
    ],
    [
      "providers[0].models[0].usdPerMTok.input",
      { providers: [{ ...a, models: [{ ...model, usdPerMTok: { input: -1, output: 1 } }] }] },
    ],
    ["providers[0].models[1].id", { providers: [{ ...a, models: [model, model] }] }],
    ["providers[0].models[0].endsOn", { providers: [{ ...a, models: [{ ...model, endsOn: KEY }] }] }],
    ...["cacheRead", "cacheWrite"].map((field): [string, unknown] => [
      `providers[0].models[0].usdPerMTok.${field}`,
      { providers: [{ ...a, models: [{ ...model, usdPerMTok: { input: 1, output: 1, [field]: -1 } }] }] },
    ]),
    [
      "providers[0].models[0].usdPerMTok.tiers[0].aboveInputTokens",
      {
        providers: [
          { ...a, models: [{ ...model, usdPerMTok: { input: 1, output: 1, tiers: [{ input: 1, output: 1 }] } }] },
        ],
      },
    ],
    ["providers[0].chat", { providers: [{ id: "a", models: [model] }] }],
    ["providers[0].stream", { providers: [{ ...a, stream: KEY }] }],
    ["providers[0].autoModels[0]", { providers: [{ ...a, autoModels: [KEY] }] }],
    ["temperature", { providers: [a], temperature: 1 }],
    ["strategy", { providers: [a], strategy: KEY }],
    ["strategy", { providers: [a], strategy: { name: "mine" } }],
    ["strategy.name", { providers: [a], strategy: {} }],
    ["strategies[0].name", { providers: [a], strategies: [{}] }],
    ["aliases.fast", { providers: [a], aliases: { fast: KEY } }],
    ["aliases.fast[1]", { providers: [a], aliases: { fast: ["m", KEY] } }],
    ["aliases.x", { providers: [a], aliases: { x: "y", y: "x" } }],
    ["aliases.auto", { providers: [a], aliases: { auto: "m" } }],
    ["retry.attempts", { providers: [a], retry: { attempts: 0 } }],
    ["retry.attempts", { providers: [a], retry: { attempts: 1.5 } }],
    ["retry.baseMs", { providers: [a], retry: { baseMs: Number.NaN } }],
    ["retry.tries", { providers: [a], retry: { tries: 3 } }],
    ["breaker.openMs", { providers: [a], breaker: { openMs: -1 } }],
    ["timeouts.headersMs", { providers: [a], timeouts: { headersMs: "30s" } }],
    ["timeouts.totalMs", { providers: [a], timeouts: { totalMs: 2 ** 31 } }],
    ["streams.onInterrupted", { providers: [a], streams: { onInterrupted: KEY } }],
    ["conversations.max", { providers: [a], conversations: { max: 0 } }],
    ["limits.a.maxConcurrent", { providers: [a], limits: { a: { maxConcurrent: 0 } } }],
    ["limits.a.maxConcurrent", { providers: [a], limits: { a: { maxConcurrent: 1.5 } } }],
    ["limits.a.concurrency", { providers: [a], limits: { a: { concurrency: 1 } } }],
    ["limits.zzz", { providers: [a], limits: { zzz: { maxConcurrent: 1 } } }],
    ["budgets[0].maxUsd", { providers: [a], budgets: [{ per: "tenant", maxUsd: -1, windowMs: 1 }] }],
    ["budgets[0].per", { providers: [a], budgets: [{ per: KEY, maxUsd: 1, windowMs: 1 }] }],
    ["hedge.maxShare", { providers: [a], hedge: { maxShare: 2 } }],
    ["degrade.to", { providers: [a], degrade: { to: "nobody" } }],
    ["degrade.shrink.maxTokens", { providers: [a], degrade: { shrink: { maxTokens: 0 } } }],
    ["degrade.staleMs", { providers: [a], degrade: { staleMs: -1 } }],
    ["escalate.to", { providers: [a], escalate: {} }],
    ["escalate.validate", { providers: [a], escalate: { to: "m", validate: KEY } }],
    ["shadow.rate", { providers: [a], shadow: { to: "m", rate: 2, maxUsdPerDay: 1 } }],
    ["cache", { providers: [a], cache: KEY }],
    ["cache.temperature", { providers: [a], cache: { temperature: KEY } }],
    ["cache.similar", { providers: [a], cache: { similar: true } }],
    ["cache.similar.treshold", { providers: [a], cache: { similar: { treshold: 0.9 } } }],
    ["cache.pressure.heap", { providers: [a], cache: { pressure: { heapBytes: 1e9, heap: 1 } } }],
    ["clock", { providers: [a], clock: {} }],
    ["clock", { providers: [a], clock: { now: () => 0 } }],
    ["random", { providers: [a], random: 4 }],
  ])("%s", (path, options) => {
    const error = refusal(options);
    expect([error.kind, error.path]).toEqual(["invalid_options", path]);
    expect(JSON.stringify(error) + error.stack).not.toContain(KEY);
  });

  test("a provider without a key names every variable it looked for", () => {
    const keyless = { ...a, unavailable: { reason: "no_api_key" as const, variables: ["X_KEY", "Y_KEY"] } };
    expect(refusal({ providers: [keyless] }).message).toContain("X_KEY or Y_KEY");
    expect(createRouter({ providers: [keyless, provider("b")] }).explain(ask()).excluded).toEqual([
      { id: "a/m", reason: "no_api_key" },
    ]);
  });
});

describe("what an error says is of use to whoever made the mistake", () => {
  const router = createRouter({ providers: [a] });
  const thrownBy = (act: () => unknown): SignalboxError => {
    try {
      act();
    } catch (thrown) {
      if (SignalboxError.isInstance(thrown)) return thrown;
      throw thrown;
    }
    throw new Error("was taken");
  };

  test.each<[string, string, () => unknown]>([
    ["retry.tries", "attempts, baseMs, capMs", () => refuse({ retry: { tries: 3 } })],
    ["limits.a.concurrency", "maxConcurrent, ", () => refuse({ limits: { a: { concurrency: 1 } } })],
    ["cache.ttl", "maxBytes, ttlMs, .*toolCalls", () => refuse({ cache: { ttl: 1 } })],
    ["cache.similar.mod", "mode, threshold", () => refuse({ cache: { similar: { mod: "serve" } } })],
    ["ttl", "ttlMs", () => cached(a, { cache: createCache(), ttl: 1 } as never)],
    ["options.tennant", "tenant", () => router.with({ tennant: "x" } as never)],
    ["options.cache.ttl", "mode, scope, ttlMs, tags", () => router.with({ cache: { ttl: 1 } } as never)],
  ])("%s is not an option; which are is told", (path, known, act) => {
    const error = thrownBy(act);
    expect(error.path).toBe(path);
    expect(error.message).toMatch(new RegExp(`^${path} is not an option; known are .*(${known})`));
  });

  const refuse = (options: object) => createRouter({ providers: [a], ...options });

  test("a misspelt name is told rather than the one that is missing for it", () => {
    expect(refusal({ provider: [a] }).path).toBe("provider");
    expect(refusal({ providers: [a], shadow: { too: "m", rate: 1, maxUsdPerDay: 1 } }).path).toBe("shadow.too");
    const budgets = [{ per: "tenant", maxUSD: 1, windowMs: 1 }];
    expect(refusal({ providers: [a], budgets }).path).toBe("budgets[0].maxUSD");
  });

  test.each<[unknown, string]>([
    [{ providers: a }, "providers must be a list"],
    [{ retry: { attempts: Number.NaN } }, "retry.attempts must be a finite number"],
    [{ limits: 5 }, "limits must be an object"],
    [{ fallback: "no" }, "fallback must be true or false"],
    [{ aliases: { fast: 3 } }, "aliases.fast must be a model's name, or a list of at least one"],
    [{ degrade: { to: [] } }, "degrade.to must be a model's name, or a list of at least one"],
  ])("%j: %s", (options, message) => {
    expect(refusal({ providers: [a], ...(options as object) }).message).toBe(message);
  });
});

test("an unknown strategy is told which ones there are", () => {
  expect(refusal({ providers: [a], strategy: "best" }).message).toMatch(/known are adaptive, .*ordered/);
});

test.each([undefined, null, "zzz"])("nobody is disabled or enabled by the id %j", async (id) => {
  const router = createRouter({ providers: [provider("a")] });
  for (const act of [router.disable, router.enable]) {
    expect(() => act(id as never)).toThrow(expect.objectContaining({ kind: "invalid_request", path: "id" }));
  }
  expect((await router.chat(ask())).choices[0].message.content).toBe("ok");
});

test.each<[string, unknown, unknown]>([
  ["name", "attempts", () => {}],
  ["name", "constructor", () => {}],
  ["listener", "done", KEY],
])("a listener that nobody would call: %s", (path, name, listener) => {
  const router = createRouter({ providers: [a] });
  for (const listen of [router.on, router.once]) {
    const wrong = () => listen.call(router, name as never, listener as never);
    expect(wrong).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  }
});

describe("options of a call", () => {
  const upstream = provider("a");
  const router = createRouter({ providers: [upstream] });

  test.each<[string, unknown]>([
    ["options", KEY],
    ["options", 5],
    ["options", []],
    ["options.tennant", { tennant: KEY }],
    ["options.signal", { signal: {} }],
    ["options.timeoutMs", { timeoutMs: Number.NaN }],
    ["options.timeoutMs", { timeoutMs: 0 }],
    ["options.strategy", { strategy: KEY }],
    ["options.strategy.name", { strategy: {} }],
    ["options.allow", { allow: KEY }],
    ["options.deny", { deny: [1] }],
    ["options.fallback", { fallback: KEY }],
    ["options.maxCostUsd", { maxCostUsd: -1 }],
    ["options.cache", { cache: true }],
    ["options.cache.mode", { cache: { mode: KEY } }],
    ["options.cache.ttl", { cache: { ttl: 5 } }],
    ["options.conversationId", { conversationId: "" }],
    ["options.tenant", { tenant: 7 }],
    ["options.priority", { priority: KEY }],
    ["options.sensitivity.cost", { sensitivity: { cost: KEY } }],
    ["options.output", { output: {} }],
    ["options.output", { output: { "~standard": null } }],
    ["options.require", { require: [KEY] }],
    ["options.metadata", { metadata: { k: 1 } }],
    ["options.tags", { tags: "t" }],
    ["options.__proto__", JSON.parse(`{"__proto__": "${KEY}"}`)],
  ])("%s", async (path, options) => {
    const before = upstream.calls.length;
    const thrown: unknown[] = [
      await failureOf(router.chat(ask(), options as never)),
      await failureOf(router.stream(ask(), options as never).reply),
    ];
    for (const act of [() => router.explain(ask(), options as never), () => router.with(options as never)]) {
      // An explanation and a view are given at once, so their errors are thrown.
      try {
        act();
        thrown.push(new Error("was taken"));
      } catch (error) {
        thrown.push(error);
      }
    }
    for (const error of thrown) {
      if (!SignalboxError.isInstance(error)) throw error;
      expect([error.kind, error.path]).toEqual(["invalid_options", path]);
      expect(JSON.stringify(error) + error.stack).not.toContain(KEY);
    }
    expect(upstream.calls.length).toBe(before);
  });

  test.each<[string, unknown]>([
    ["request", undefined],
    ["messages", {}],
    ["messages", { messages: [] }],
    ["messages[0].role", { messages: [{ role: KEY, content: "x" }] }],
    ["temperature", { ...ask(), temperature: Number.NaN }],
    ["max_tokens", { ...ask(), max_tokens: -1 }],
    ["n", { ...ask(), n: 2 }],
    ["model", { ...ask(), model: "nobody" }],
    ["models[0]", { ...ask(), models: ["nobody"] }],
  ])("a request with a bad %s", async (path, request) => {
    const error = await failureOf(router.chat(request as never));
    expect([error.kind, error.path]).toEqual(["invalid_request", path]);
    expect(JSON.stringify(error)).not.toContain(KEY);
  });

  test("null and undefined are no options at all", async () => {
    for (const none of [null, undefined]) {
      expect((await router.chat(ask(), none as never)).choices[0].message.content).toBe("ok");
    }
  });
});

describe("with", () => {
  test("binds options, adds up, and shares all state", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock });
    const router = createRouter({ providers: [upstream, provider("b", { clock })], clock, cache: {} });
    const acme = router.with({ tenant: "acme", allow: ["a"] });
    const both = acme.with({ deny: ["b"], metadata: { k: "v" } });
    await both.chat(ask());
    expect(upstream.calls[0]?.context).toMatchObject({ tenant: "acme", metadata: { k: "v" } });
    expect((await acme.chat(ask())).route.cache.status).toBe("hit");
    expect((await router.chat(ask())).route.cache.status).toBe("miss");
    expect((await acme.chat(ask("2"), { allow: ["b"], cache: false })).route.provider).toBe("b");
    expect(router.stats().requests.requests).toBe(4);
    expect(both.stats()).toEqual(router.stats());
  });
});

describe("feedback", () => {
  const rig = () => createRouter({ providers: [provider("a"), provider("b")], strategy: "ordered", cache: {} });

  test.each([-0.01, 1.01, Number.NaN, Number.POSITIVE_INFINITY, "1", undefined, null])(
    "score %s is refused",
    async (score) => {
      const router = rig();
      const reply = await router.chat(ask());
      const give = () => router.feedback(reply, { score: score as never });
      expect(give).toThrow(expect.objectContaining({ kind: "invalid_request", path: "feedback.score" }));
      expect(() => router.feedback(reply, undefined as never)).toThrow(
        expect.objectContaining({ path: "feedback.score" }),
      );
    },
  );

  test.each([
    ["an id nobody gave"],
    [{}],
    [null],
    [{ route: null }],
    [{ requestId: "x", provider: "z", model: "m" }],
    [5],
  ])("a target that is unknown: %j", (target) => {
    const give = () => rig().feedback(target as never, { score: 1 });
    expect(give).toThrow(expect.objectContaining({ kind: "invalid_request", detail: "unknown_answer" }));
  });

  test("for a reply, its route, its id, a stream's and a cached reply; another process gives the route as JSON", async () => {
    const router = rig();
    const reply = await router.chat(ask());
    const streamed = await router.stream(ask("2")).reply;
    const hit = await router.chat(ask());
    for (const target of [reply, reply.route, reply.route.requestId, streamed, hit]) {
      expect(() => router.feedback(target, { score: 0.5 })).not.toThrow();
    }
    const elsewhere = rig();
    const json = JSON.parse(JSON.stringify(reply.route));
    expect(() => elsewhere.feedback(json, { score: 1, label: "good" })).not.toThrow();
    expect(() => elsewhere.feedback({ ...json, ticket: "rubbish" }, { score: 1 })).not.toThrow();
    expect(() => elsewhere.feedback({ ...json, ticket: { kind: 7, features: "x" } }, { score: 1 })).not.toThrow();
    expect((await elsewhere.chat(ask())).choices[0].message.content).toBe("ok");
    expect(JSON.stringify(elsewhere.exportState())).not.toBe(JSON.stringify(rig().exportState()));
  });
});
