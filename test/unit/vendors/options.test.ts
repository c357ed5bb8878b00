import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createRouter } from "../../../src/preset/create-router.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { simulated } from "../../../src/vendors/simulated.js";
import { chunk, context, drain, failureOf, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const VARIABLES = [
  "MINIMAX_API_KEY",
  "ZAI_API_KEY",
  "ZHIPU_API_KEY",
  "GLM_API_KEY",
  "BIGMODEL_API_KEY",
  "MOONSHOT_API_KEY",
  "KIMI_API_KEY",
];
for (const name of VARIABLES) vi.stubEnv(name, undefined);
afterEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
});

function refusal(make: () => unknown): SignalboxError {
  try {
    make();
  } catch (error) {
    if (SignalboxError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const bad = <T>(value: unknown): T => value as T;

describe("options", () => {
  it.each<[string, () => unknown, string]>([
    ["an unknown one", () => minimax(bad({ apikey: "x" })), "apikey"],
    ["no object", () => minimax(bad("key")), "options"],
    ["a key with a line break", () => minimax({ apiKey: "sk-top\nsecret" }), "apiKey"],
    ["a key with a line break at its end", () => minimax({ apiKey: "sk-topsecret\n" }), "apiKey"],
    ["a key that is not ASCII", () => glm({ apiKey: "sk-töpsecret" }), "apiKey"],
    ["an empty key", () => kimi({ apiKey: "" }), "apiKey"],
    ["one bad key of several", () => kimi({ apiKey: ["sk-fine", "sk-top secret"] }), "apiKey[1]"],
    ["no keys in the list", () => kimi({ apiKey: [] }), "apiKey"],
    ["a slash in the id", () => glm({ id: "a/b" }), "id"],
    ["an unknown region", () => glm({ region: bad("mars") }), "region"],
    ["an unknown plan", () => glm({ plan: bad("gold") }), "plan"],
    ["an unknown wire", () => glm({ wire: bad("smtp") }), "wire"],
    ["no URL", () => glm({ baseURL: "not a url" }), "baseURL"],
    ["plain http beyond loopback", () => glm({ baseURL: "http://example.com/v1" }), "baseURL"],
    ["credentials in the URL", () => glm({ baseURL: "https://me:topsecret@example.com" }), "baseURL"],
    ["no models", () => glm({ models: [] }), "models"],
    ["an unknown model id", () => glm({ models: ["glm-9000"] }), "models[0]"],
    ["a retired model", () => kimi({ models: ["kimi-k2-thinking"] }), "models[0]"],
    ["the same model twice", () => glm({ models: ["glm-5.3", "glm-5.3"] }), "models[1]"],
    [
      "a model without a window",
      () => glm({ models: [bad({ id: "x", maxOutput: 1, usdPerMTok: null, capabilities: MODEL.capabilities })] }),
      "models[0].contextWindow",
    ],
    [
      "a negative price",
      () => glm({ models: [{ id: "glm-5.3", usdPerMTok: { input: -1, output: 1 } }] }),
      "models[0].usdPerMTok.input",
    ],
    [
      "price tiers that are no list",
      () => glm({ models: [{ id: "glm-5.3", usdPerMTok: { input: 1, output: 1, tiers: bad({}) } }] }),
      "models[0].usdPerMTok.tiers",
    ],
    [
      "a negative price of a tier",
      () => {
        const tiers = [{ aboveInputTokens: 9, input: 1, output: 1, cacheRead: -1 }];
        return glm({ models: [{ id: "glm-5.3", usdPerMTok: { input: 1, output: 1, tiers } }] });
      },
      "models[0].usdPerMTok.tiers[0].cacheRead",
    ],
    ["an end that is a Date", () => glm({ models: [{ id: "glm-5.3", endsOn: bad(new Date(0)) }] }), "models[0].endsOn"],
    ["an end in another form", () => glm({ models: [{ id: "glm-5.3", endsOn: "12/31/2026" }] }), "models[0].endsOn"],
    [
      "an unknown tool choice",
      () => glm({ models: [{ id: "glm-5.3", capabilities: { ...MODEL.capabilities, toolChoice: bad("some") } }] }),
      "models[0].capabilities.toolChoice",
    ],
    ["codes that are no object", () => glm({ codes: bad("1302") }), "codes"],
    [
      "a code of an unknown kind",
      () => glm({ codes: { codes: { "1": { kind: bad("oops") } } } }),
      "codes.codes.1.kind",
    ],
    [
      "a pattern that is none",
      () => glm({ codes: { patterns: [{ kind: "server", pattern: bad("x") }] } }),
      "codes.patterns[0].pattern",
    ],
    ["a prefix cache without a time", () => glm({ prefixCache: bad({ minTokens: 1 }) }), "prefixCache.ttlMs"],
    ["headers in a Headers", () => glm({ headers: bad(new Headers({ "x-a": "1" })) }), "headers"],
    ["an automatic model that is not offered", () => glm({ autoModels: ["glm-9000"] }), "autoModels[0]"],
    ["a header that belongs to the library", () => glm({ headers: { Authorization: "x" } }), "headers.Authorization"],
    ["a header with a line break", () => glm({ headers: { "x-a": "a\r\nb: c" } }), "headers.x-a"],
    ["a fetch that is none", () => glm({ fetch: bad(1) }), "fetch"],
    ["an unknown way to ask", () => glm({ chatUpstream: bad("pigeon") }), "chatUpstream"],
    ["no baseURL", () => openaiCompatible(bad({ id: "x", models: [MODEL] })), "baseURL"],
    ["no models at all", () => openaiCompatible(bad({ id: "x", baseURL })), "models"],
    ["an unknown auth", () => anthropicCompatible({ id: "x", baseURL, models: [MODEL], auth: bad("none") }), "auth"],
    ["a negative delay", () => simulated({ delayMs: -1 }), "delayMs"],
    ["a share of no failure", () => simulated({ failures: bad({ rate: 0.5 }) }), "failures.failure"],
    ["a failure of no known kind", () => simulated({ failures: [null, bad("crash")] }), "failures[1]"],
    ["a hang in full", () => simulated({ failures: [bad({ kind: "hang" })] }), "failures[0]"],
    ["null as failures", () => simulated({ failures: bad(null) }), "failures.rate"],
    ["a number to say", () => simulated({ reply: bad(3) }), "reply"],
    ["nothing to say", () => simulated({ reply: [] }), "reply"],
    ["a clock that does not tick", () => simulated({ clock: bad({}) }), "clock"],
    ["a vendor's clock that does not tick", () => glm({ clock: bad({ now: () => 0 }) }), "clock"],
    [
      "an endpoint's clock that does not tick",
      () => openaiCompatible({ id: "a", baseURL: "https://example.com", models: [MODEL], clock: bad(Date) }),
      "clock",
    ],
    ["a rate past one", () => simulated({ failures: { rate: 2, failure: "server" } }), "failures.rate"],
    ["no speed at all", () => simulated({ tokensPerSecond: 0 }), "tokensPerSecond"],
    ["NaN as a time", () => simulated({ ttftMs: Number.NaN }), "ttftMs"],
  ])("refuse %s, naming the path and no value", (_what, make, path) => {
    const error = refusal(make);
    expect(error).toMatchObject({ kind: "invalid_options", path });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret/);
  });

  it("name the variable whose key is bad", () => {
    vi.stubEnv("ZHIPU_API_KEY", "sk-top\nsecret");
    const error = refusal(() => glm());
    expect(error).toMatchObject({ kind: "invalid_options", path: "env.ZHIPU_API_KEY" });
    expect(String(error)).not.toContain("secret");
  });

  it("override single facts of a model, and keep the rest of the catalogue's", () => {
    const [model] = glm({
      models: [{ id: "glm-5.3", usdPerMTok: { input: 1, output: 2 }, capabilities: bad({ vision: "url" }) }],
    }).models;
    expect(model).toMatchObject({
      contextWindow: 1_048_576,
      usdPerMTok: { input: 1, output: 2 },
      capabilities: { vision: "url", tools: true },
    });
  });
});

describe("keys", () => {
  it("come from each vendor's variables, also under the names people use", async () => {
    for (const [make, names] of [
      [minimax, ["MINIMAX_API_KEY"]],
      [glm, ["ZAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY", "BIGMODEL_API_KEY"]],
      [kimi, ["MOONSHOT_API_KEY", "KIMI_API_KEY"]],
    ] as const) {
      expect(make().unavailable).toEqual({ reason: "no_api_key", variables: names });
      expect(await failureOf(make().chat({ messages: HELLO }, context()))).toMatchObject({
        kind: "auth",
        detail: "no_api_key",
      });
      for (const name of names) {
        vi.stubEnv(name, `key-of-${name}`);
        const provider = make({ baseURL, chatUpstream: "whole" });
        expect(provider.unavailable).toBeUndefined();
        server.answer(json(whole({ content: "42" })));
        // Read once, at construction.
        vi.stubEnv(name, undefined);
        await provider.chat({ messages: HELLO }, context());
        expect(server.seen[0]?.headers.authorization).toBe(`Bearer key-of-${name}`);
      }
    }
  });

  it("take turns, and one that is refused is set aside without taking the provider down", async () => {
    const clock = createVirtualClock();
    const provider = kimi({ apiKey: ["key-one", "key-two"], baseURL, clock, chatUpstream: "whole" });
    const ask = () => provider.chat({ messages: HELLO }, context());
    const used = () => server.seen.map((seen) => seen.headers.authorization?.slice(-3));
    server.answer(json(whole({ content: "42" })));
    await Promise.all([ask(), ask()]);
    expect(used().sort()).toEqual(["one", "two"]);
    const refused = json({ error: { type: "invalid_authentication_error", message: "no" } }, 401);
    server.answer(refused, json(whole({ content: "42" })));
    // The next key is tried within the same call, so that it costs none of the request's attempts.
    await ask();
    await ask();
    await ask();
    expect(used()).toEqual(["one", "two", "two", "two"]);
    await clock.advance(60_001);
    server.answer(json(whole({ content: "42" })));
    await ask();
    await ask();
    expect(used().sort()).toEqual(["one", "two"]);
    server.answer(refused);
    const last = await failureOf(ask());
    expect(used().sort()).toEqual(["one", "two"]);
    expect(last).toMatchObject({ kind: "auth", retryable: false });
    expect(last.detail).toBeUndefined();
  });

  it("may come from a function, asked before every call; a bad one is typed and never shown", async () => {
    let calls = 0;
    const provider = glm({ apiKey: async () => `key-${++calls}`, baseURL, chatUpstream: "whole" });
    server.answer(json(whole({ content: "42" })));
    for (let i = 0; i < 2; i++) await provider.chat({ messages: HELLO }, context());
    expect(server.seen.map((seen) => seen.headers.authorization)).toEqual(["Bearer key-1", "Bearer key-2"]);
    const broken = (apiKey: () => string) => failureOf(glm({ apiKey, baseURL }).chat({ messages: HELLO }, context()));
    expect(await broken(() => "top\nsecret")).toMatchObject({ kind: "invalid_options", path: "apiKey()" });
    expect(
      await broken(() => {
        throw new Error("vault is shut");
      }),
    ).toMatchObject({ kind: "auth", detail: "key_function" });
  });

  it("come from a function again soon after it failed: the key itself was not refused", async () => {
    const clock = createVirtualClock();
    let shut = true;
    const apiKey = () => {
      if (shut) throw new Error("vault is shut");
      return "key";
    };
    const router = createRouter({ providers: [glm({ apiKey, baseURL })], clock, retry: { attempts: 1 } });
    expect(await failureOf(router.chat({ messages: HELLO }))).toMatchObject({ kind: "auth", retryable: true });
    shut = false;
    await clock.advance(6_000);
    expect(router.explain({ messages: HELLO }).excluded.filter(({ reason }) => reason !== "retired")).toEqual([]);
  });

  it("show nowhere: not printed, not serialised, not in an error that echoes them in any form", async () => {
    const apiKey = "sk-very-secret-0123456789abcdef";
    const echoes = `key ${apiKey} ${encodeURIComponent(apiKey)} ${Buffer.from(apiKey).toString("base64")}`;
    const rotating = glm({ apiKey: () => apiKey, baseURL });
    for (const provider of [minimax({ apiKey, baseURL }), rotating, kimi({ apiKey, baseURL, wire: "anthropic" })]) {
      expect(inspect(provider, { depth: 9, showHidden: true }) + JSON.stringify(provider)).not.toContain("secret");
      server.answer(json({ error: { code: "1004", message: echoes, type: "authentication_error" } }, 401));
      const error = await failureOf(provider.chat({ messages: HELLO }, context()));
      const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
      expect(shown).not.toMatch(/very-secret|c2stdmVyeS1zZWNyZXQ/);
    }
  });

  it("travel as the wire wants them, beside the user's own headers", async () => {
    const headers = { "X-Title": "my app" };
    const answer = json({ type: "message", content: [{ type: "text", text: "42" }], stop_reason: "end_turn" });
    for (const [auth, names] of [
      ["x-api-key", ["x-api-key"]],
      ["bearer", ["authorization"]],
      ["both", ["authorization", "x-api-key"]],
    ] as const) {
      server.answer(answer);
      const provider = anthropicCompatible({
        id: "c",
        apiKey: "key-1",
        baseURL: server.url,
        models: [MODEL],
        auth,
        headers,
      });
      await provider.chat({ messages: HELLO }, context());
      const seen = server.seen[0]?.headers ?? {};
      expect(["authorization", "x-api-key"].filter((name) => seen[name] !== undefined)).toEqual(names);
      expect(seen).toMatchObject({ "anthropic-version": "2023-06-01", "x-title": "my app" });
    }
    server.answer(json(whole({ content: "42" })));
    await openaiCompatible({ id: "local", baseURL, models: [MODEL] }).chat({ messages: HELLO }, context());
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });
});

describe("places and ways", () => {
  it("regions, plans and wires have their own endpoints", async () => {
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = async (url) => {
      urls.push(String(url));
      return new Response("{}", { status: 500 });
    };
    const apiKey = "k";
    const ask = (provider: ReturnType<typeof glm>) => failureOf(provider.chat({ messages: HELLO }, context()));
    await ask(minimax({ apiKey, fetch }));
    await ask(minimax({ apiKey, fetch, region: "china", wire: "anthropic" }));
    await ask(glm({ apiKey, fetch }));
    await ask(glm({ apiKey, fetch, region: "china", plan: "coding" }));
    await ask(glm({ apiKey, fetch, wire: "anthropic" }));
    await ask(kimi({ apiKey, fetch }));
    await ask(kimi({ apiKey, fetch, region: "china" }));
    await ask(kimi({ apiKey, fetch, plan: "coding" }));
    await ask(kimi({ apiKey, fetch, plan: "coding", wire: "anthropic" }));
    expect(urls).toEqual([
      "https://api.minimax.io/v1/chat/completions",
      "https://api.minimaxi.com/anthropic/v1/messages",
      "https://api.z.ai/api/paas/v4/chat/completions",
      "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions",
      "https://api.z.ai/api/anthropic/v1/messages",
      "https://api.moonshot.ai/v1/chat/completions",
      "https://api.moonshot.cn/v1/chat/completions",
      "https://api.kimi.com/coding/v1/chat/completions",
      "https://api.kimi.com/coding/v1/messages",
    ]);
  });

  it("chat streams upstream where an answer may outlast HTTP, and by option", async () => {
    const asked = async (provider: ReturnType<typeof glm>, request: object) => {
      server.answer((response, { body }) => {
        const answer =
          body.stream === true
            ? sse([chunk({ content: "42" }, { finish_reason: "stop" })])
            : json(whole({ content: "42" }));
        answer(response, { method: "", path: "", headers: {}, body, closed: false });
      });
      await provider.chat({ messages: HELLO, ...request }, context());
      return server.bodies[0]?.stream === true;
    };
    const apiKey = "k";
    expect(await asked(glm({ apiKey, baseURL }), { model: "glm-5.3", max_tokens: 10 })).toBe(true);
    expect(await asked(glm({ apiKey, baseURL }), { model: "glm-4.7", max_tokens: 10 })).toBe(false);
    expect(await asked(glm({ apiKey, baseURL }), { model: "glm-4.7", max_completion_tokens: 8_193 })).toBe(true);
    expect(await asked(glm({ apiKey, baseURL }), { model: "glm-4.7" })).toBe(true);
    expect(await asked(glm({ apiKey, baseURL, chatUpstream: "whole" }), { model: "glm-5.3" })).toBe(false);
    const plain = { id: "p", baseURL, models: [{ ...MODEL, maxOutput: 64_000 }] };
    expect(await asked(openaiCompatible(plain), {})).toBe(false);
    expect(await asked(openaiCompatible(plain), { max_tokens: 9_000 })).toBe(true);
    expect(await asked(openaiCompatible({ ...plain, chatUpstream: "stream" }), {})).toBe(true);
  });

  it("usage is asked for in streams where the endpoint takes it", async () => {
    const asks = async (provider: ReturnType<typeof glm>) => {
      server.answer(sse([chunk({ content: "42" }, { finish_reason: "stop" })]));
      await drain(provider.stream({ messages: HELLO }, context()));
      return server.bodies[0]?.stream_options;
    };
    const apiKey = "k";
    expect(await asks(minimax({ apiKey, baseURL }))).toEqual({ include_usage: true });
    expect(await asks(minimax({ apiKey, baseURL, region: "china" }))).toBeUndefined();
    expect(await asks(minimax({ apiKey, baseURL, region: "china", streamUsage: true }))).toEqual({
      include_usage: true,
    });
    expect(await asks(openaiCompatible({ id: "p", baseURL, models: [MODEL], streamUsage: false }))).toBeUndefined();
  });

  it("a probe lists models, costs nothing, and tells a bad key", async () => {
    const provider = kimi({ apiKey: "k", baseURL });
    const { signal } = new AbortController();
    server.answer(json({ data: [] }));
    await provider.probe(signal);
    expect(server.seen[0]).toMatchObject({ method: "GET", path: "/v1/models" });
    server.answer(json({}, 404));
    await provider.probe(signal);
    server.answer(json({ error: { type: "invalid_authentication_error", message: "no" } }, 401));
    expect((await failureOf(provider.probe(signal))).kind).toBe("auth");
  });
});
