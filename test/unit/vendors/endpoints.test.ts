import { afterEach, describe, expect, it, vi } from "vitest";
import { createRouter } from "../../../src/preset/create-router.js";
import { modelProblems } from "../../../src/vendors/check-model.js";
import type { EndpointVendorOptions } from "../../../src/vendors/endpoint-vendor.js";
import type { HttpProvider } from "../../../src/vendors/http-provider.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import * as vendors from "../../../src/vendors.js";
import { context, failureOf, HELLO, json, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
afterEach(() => vi.unstubAllEnvs());

const HOSTED = {
  openai: ["OPENAI_API_KEY"],
  gemini: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  deepseek: ["DEEPSEEK_API_KEY"],
  openrouter: ["OPENROUTER_API_KEY"],
  groq: ["GROQ_API_KEY"],
  mistral: ["MISTRAL_API_KEY"],
  xai: ["XAI_API_KEY"],
  qwen: ["DASHSCOPE_API_KEY"],
  together: ["TOGETHER_API_KEY"],
  fireworks: ["FIREWORKS_API_KEY"],
  cerebras: ["CEREBRAS_API_KEY"],
  perplexity: ["PERPLEXITY_API_KEY"],
  anthropic: ["ANTHROPIC_API_KEY"],
} as const;
const LOCAL = ["ollama", "vllm", "lmstudio"] as const;
type Name = keyof typeof HOSTED | (typeof LOCAL)[number] | "azure";
const make = (name: Name, options?: EndpointVendorOptions): HttpProvider =>
  new Map(Object.entries(vendors)).get(name)?.(options as never) as HttpProvider;

const answered = { role: "assistant", content: "hi" };

describe("a vendor of signalbox/vendors", () => {
  it.each(Object.keys(HOSTED) as (keyof typeof HOSTED)[])("%s reads its key from the environment", (name) => {
    for (const variable of HOSTED[name]) vi.stubEnv(variable, undefined);
    const models = ["some-model"];
    expect(make(name, { models }).unavailable).toEqual({ reason: "no_api_key", variables: HOSTED[name] });
    vi.stubEnv(HOSTED[name][0], "sk-from-the-environment");
    const provider = make(name, { models });
    expect(provider.unavailable).toBeUndefined();
    expect(provider.id).toBe(name);
  });

  it.each(Object.keys(HOSTED).filter((name) => name !== "anthropic") as Name[])(
    "%s asks with its key",
    async (name) => {
      server.answer(json(whole(answered)));
      const provider = make(name, { baseURL, apiKey: "sk-1234567890", models: ["some-model"] });
      const reply = await provider.chat({ model: "some-model", messages: HELLO }, context());
      expect(reply.choices[0].message.content).toBe("hi");
      expect(server.seen[0]).toMatchObject({
        path: "/v1/chat/completions",
        headers: { authorization: "Bearer sk-1234567890" },
        body: { model: "some-model" },
      });
    },
  );

  it("anthropic speaks its own wire", async () => {
    const content = [{ type: "text", text: "hi" }];
    const usage = { input_tokens: 3, output_tokens: 1 };
    server.answer(
      json({ id: "m1", type: "message", role: "assistant", model: "c", content, stop_reason: "end_turn", usage }),
    );
    const provider = vendors.anthropic({ baseURL: server.url, apiKey: "sk-1234567890" });
    expect((await provider.chat({ messages: HELLO }, context())).choices[0].message.content).toBe("hi");
    expect(server.seen[0]).toMatchObject({ path: "/v1/messages", headers: { "x-api-key": "sk-1234567890" } });
  });

  it("azure wants an address and sends its key as api-key", async () => {
    expect(() => vendors.azure({ models: ["my-gpt"] })).toThrow(/^baseURL must be the address of your own resource/);
    server.answer(json(whole(answered)));
    const provider = vendors.azure({ baseURL, apiKey: "sk-1234567890", models: ["my-gpt"] });
    await provider.chat({ messages: HELLO }, context());
    expect(server.seen[0]?.headers["api-key"]).toBe("sk-1234567890");
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each(LOCAL)("%s needs no key, and the names of its models", async (name) => {
    expect(() => make(name)).toThrow(/^models must be a list/);
    server.answer(json(whole(answered)));
    const router = createRouter({ providers: [make(name, { baseURL, models: ["qwen3:8b"] })] });
    expect((await router.chat({ messages: HELLO })).route.model).toBe("qwen3:8b");
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    await router.close();
  });

  it.each(Object.keys(HOSTED).filter((name) => name !== "openrouter") as Name[])(
    "%s lists models whose facts are whole, dated and named as automatic ones",
    (name) => {
      const provider = make(name, { apiKey: "sk-1234567890" });
      expect(provider.models.flatMap((model) => modelProblems(model, model.id))).toEqual([]);
      expect(provider.models.filter(({ source, asOf, guessed }) => !source || !asOf || guessed)).toEqual([]);
      expect(provider.autoModels?.length).toBeGreaterThan(0);
    },
  );

  it.each<[Name, string, string, object]>([
    ["openai", "gpt-6-sol", "none", { reasoning_effort: "none" }],
    ["openai", "gpt-6-astra", "none", { reasoning_effort: "low" }],
    ["openai", "gpt-6-astra", "minimal", { reasoning_effort: "low" }],
    ["deepseek", "deepseek-v4-pro", "none", { thinking: { type: "disabled" } }],
    ["deepseek", "deepseek-v4-pro", "low", { reasoning_effort: "high" }],
    ["qwen", "qwen3.8-max", "high", { enable_thinking: true }],
    ["qwen", "qwen3.8-max", "none", { enable_thinking: false }],
    ["openrouter", "some/model", "high", { reasoning: { effort: "high" } }],
    ["cerebras", "zai-glm-4.7", "none", { disable_reasoning: true }],
  ])("%s %s says effort %s in its own words", async (name, model, effort, fields) => {
    server.answer(json(whole(answered)));
    const provider = make(name, { baseURL, apiKey: "sk-1234567890", models: [model] });
    await provider.chat({ model, messages: HELLO, reasoning_effort: effort as "high" }, context());
    expect(server.seen[0]?.body).toMatchObject(fields);
  });
});

describe("models of which little is known", () => {
  it("a name is enough, and explain says which facts are guesses", async () => {
    server.answer(json(whole(answered)));
    const router = createRouter({ providers: [openaiCompatible({ id: "local", baseURL, models: ["qwen3:8b"] })] });
    const reply = await router.chat({ messages: HELLO });
    expect(reply.choices[0].message.content).toBe("hi");
    expect(reply.route).toMatchObject({ provider: "local", model: "qwen3:8b", costUsd: null });
    const { guessed } = router.explain({ messages: HELLO }).candidates[0] ?? {};
    expect(guessed).toEqual(expect.arrayContaining(["contextWindow", "maxOutput", "usdPerMTok", "capabilities.tools"]));
    await router.close();
  });

  it("what a guess forbids is refused with the fact to declare", async () => {
    const router = createRouter({ providers: [openaiCompatible({ id: "local", baseURL, models: ["qwen3:8b"] })] });
    const tools = [{ type: "function" as const, function: { name: "now", parameters: { type: "object" } } }];
    const error = await failureOf(router.chat({ messages: HELLO, tools }));
    expect(error.kind).toBe("no_candidate");
    expect(error.message).toContain("capabilities.tools of local/qwen3:8b is a guess");
    expect(server.seen).toHaveLength(0);
    await router.close();
  });

  it("given facts stand beside guesses for the rest", () => {
    const models = [{ id: "m", contextWindow: 40_000, capabilities: { tools: true } }];
    const [model] = openaiCompatible({ id: "local", baseURL, models }).models;
    expect(model).toMatchObject({
      contextWindow: 40_000,
      maxOutput: null,
      capabilities: { tools: true, vision: false },
    });
    expect(model?.guessed).not.toContain("contextWindow");
    expect(model?.guessed).not.toContain("capabilities.tools");
  });

  it("one error lists all that is wrong", () => {
    const models = [{ id: "m", contextWindow: -1, maxOutput: 1.5, capabilities: { vision: "yes" as "data" } }];
    const list = () => openaiCompatible({ id: "local", baseURL, models: [...models, { id: "n", tier: 9 as 1 }] });
    expect(list).toThrow(
      /models\[0\]\.contextWindow .*models\[0\]\.maxOutput .*models\[0\]\.capabilities\.vision .*models\[1\]\.tier /,
    );
    expect(list).toThrow(expect.objectContaining({ kind: "invalid_options", path: "models[0].contextWindow" }));
  });

  it("a retired model names its successor", () => {
    expect(() => vendors.kimi({ models: ["kimi-k2-thinking"] })).toThrow("use kimi-k3");
  });
});
