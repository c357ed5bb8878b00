import { describe, expect, it } from "vitest";
import { createRouter } from "../../../src/index.js";
import { fromLiteLLM, type LiteLLMConfig } from "../../../src/vendors.js";
import { json, startLoopback, whole } from "../vendors/loopback.js";

const server = await startLoopback();
const messages = [{ role: "user" as const, content: "x" }];
const deployment = (name: string, model: string, params: object = {}, info?: object) => ({
  model_name: name,
  litellm_params: { model, api_key: "sk-1234567890", api_base: `${server.url}/v1`, ...params },
  ...(info ? { model_info: info as { [name: string]: unknown } } : {}),
});

describe("fromLiteLLM", () => {
  it("deployments become providers, their names aliases that a router serves", async () => {
    server.answer(json(whole({ role: "assistant", content: "hi" })));
    const config: LiteLLMConfig = {
      model_list: [deployment("chat", "openai/gpt-4o"), deployment("chat", "groq/openai/gpt-oss-120b")],
    };
    const { options, notTaken } = fromLiteLLM(config);
    expect(notTaken).toEqual([]);
    expect(options.aliases).toEqual({ chat: ["openai/gpt-4o", "groq/openai/gpt-oss-120b"] });
    const reply = await createRouter(options).chat({ model: "chat", messages });
    expect(reply.choices[0].message.content).toBe("hi");
  });

  it("reads keys, limits, retries, timeouts, prices and windows", () => {
    const { options, notTaken } = fromLiteLLM(
      {
        model_list: [
          {
            model_name: "own",
            litellm_params: {
              model: "my-server/qwen",
              api_base: "http://localhost:9/v1",
              api_key: "os.environ/OWN_KEY",
              rpm: 60,
              tpm: 9_000,
              max_parallel_requests: 4,
              input_cost_per_token: 0.000002,
              output_cost_per_token: 0.000008,
            },
            model_info: { max_input_tokens: 32_000, max_output_tokens: 4_000 },
          },
        ],
        router_settings: { num_retries: 2, timeout: 30, routing_strategy: "latency-based-routing" },
      },
      { OWN_KEY: "sk-own" },
    );
    expect(notTaken).toEqual([]);
    expect(options).toMatchObject({
      strategy: "performance-weighted",
      retry: { attempts: 3 },
      timeouts: { totalMs: 30_000 },
      limits: { "my-server/qwen": { rpm: 60, tpm: 9_000, maxConcurrent: 4 } },
    });
    expect(options.providers[0]?.models[0]).toMatchObject({
      contextWindow: 32_000,
      maxOutput: 4_000,
      usdPerMTok: { input: 2, output: 8 },
    });
    createRouter(options);
  });

  it("fallbacks become tiers: a later group is asked only if nobody of an earlier one answers", async () => {
    const { options } = fromLiteLLM({
      model_list: [deployment("spare", "mistral/mistral-large-2512"), deployment("main", "openai/gpt-4o")],
      litellm_settings: { fallbacks: [{ main: ["spare"] }] },
    });
    expect(options.tiers).toEqual([["openai/gpt-4o"], ["mistral/mistral-large-2512"]]);
    server.answer(json({ error: { message: "no" } }, 400), json(whole({ role: "assistant", content: "spare" })));
    server.answer(json({ error: { message: "broken" } }, 500), json(whole({ role: "assistant", content: "spare" })));
    const { route } = await createRouter(options).chat({ model: "main", messages });
    expect(route.attempts.map(({ provider }) => provider)).toEqual(["openai", "mistral"]);
  });

  it("weights decide shares under the default strategy", () => {
    const { options } = fromLiteLLM({
      model_list: [deployment("m", "openai/gpt-4o", { weight: 3 }), deployment("m", "openai/gpt-4o", { weight: 1 })],
    });
    expect(options.providers.map(({ id }) => id)).toEqual(["openai", "openai-2"]);
    expect(options.strategy).toMatchObject({ name: "weighted", ids: ["openai/gpt-4o", "openai-2/gpt-4o"] });
  });

  it("says what it cannot take", () => {
    const { notTaken } = fromLiteLLM({
      model_list: [
        deployment("a", "openai/gpt-4o", { temperature: 0.2 }),
        { model_name: "b", litellm_params: { model: "bedrock/claude" } },
      ],
      router_settings: { routing_strategy: "magic", redis_host: "x", allowed_fails: 3 },
      litellm_settings: { callbacks: ["langfuse"], fallbacks: [{ a: ["nobody"] }] },
      general_settings: { master_key: "sk" },
    });
    expect(notTaken).toEqual([
      "model_list[0].litellm_params.temperature has no counterpart",
      'model_list[1]: "bedrock" is no vendor of this library, and api_base is not given',
      "fallbacks.a names no model_name",
      'router_settings.routing_strategy: "magic" has no counterpart; shares by weight',
      "litellm_settings.callbacks has no counterpart",
      "router_settings.redis_host has no counterpart",
      "router_settings.allowed_fails has no counterpart",
      "general_settings.master_key: there is no proxy server",
    ]);
    expect(notTaken.join()).not.toContain("sk-1234567890");
  });

  it.each([
    ["no list", {}, "model_list"],
    [
      "no usable deployment",
      { model_list: [{ model_name: "b", litellm_params: { model: "bedrock/x" } }] },
      "model_list",
    ],
    ["a deployment without a model", { model_list: [{ model_name: "b", litellm_params: {} }] }, "model_list[0]"],
  ])("refuses %s by path", (_name, config, path) => {
    expect(() => fromLiteLLM(config as LiteLLMConfig)).toThrow(
      expect.objectContaining({ kind: "invalid_options", path }),
    );
  });
});
