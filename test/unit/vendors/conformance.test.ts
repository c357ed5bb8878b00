import { describe, test } from "vitest";
import { textOf } from "../../../src/chat/message-text.js";
import type { Provider } from "../../../src/contract/provider.js";
import { undiciTransport } from "../../../src/integrations/undici/undici-transport.js";
import { runProviderConformance } from "../../../src/testing/conformance/provider.js";
import type {
  ProviderConformanceOptions,
  ProviderScenario,
} from "../../../src/testing/conformance/provider-scenarios.js";
import { startWireUpstream } from "../../../src/testing/conformance/provider-upstream.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { simulated } from "../../../src/vendors/simulated.js";
import { MODEL } from "./loopback.js";

const apiKey = "sk-conformance-secret-0123456789";

function overWire(
  wire: "openai" | "anthropic" | "responses",
  make: (url: string) => Provider,
): ProviderConformanceOptions {
  return {
    secrets: [apiKey],
    async setUp(scenario) {
      const upstream = await startWireUpstream(wire, scenario);
      const provider = make(wire === "anthropic" ? upstream.url : `${upstream.url}/v1`);
      return { provider, upstream, close: () => upstream.close() };
    },
  };
}

const vendors = { minimax, glm, kimi };

for (const [name, make] of Object.entries(vendors)) {
  for (const wire of ["openai", "anthropic"] as const) {
    describe(`conformance: ${name} over the ${wire} wire`, () => {
      runProviderConformance(
        { test },
        overWire(wire, (baseURL) => make({ apiKey, baseURL, wire })),
      );
    });
  }
}

describe("conformance: a vendor asked for whole answers", () => {
  const make = (baseURL: string) => kimi({ apiKey, baseURL, chatUpstream: "whole" });
  runProviderConformance({ test }, overWire("openai", make));
});

describe("conformance: openaiCompatible", () => {
  const make = (baseURL: string) => openaiCompatible({ id: "plain", apiKey, baseURL, models: [MODEL] });
  runProviderConformance({ test }, overWire("openai", make));
});

describe("conformance: openaiCompatible over the responses wire", () => {
  const make = (baseURL: string) =>
    openaiCompatible({ id: "plain", apiKey, baseURL, models: [MODEL], wire: "responses" });
  runProviderConformance({ test }, overWire("responses", make));
});

describe("conformance: anthropicCompatible", () => {
  const make = (baseURL: string) => anthropicCompatible({ id: "plain", apiKey, baseURL, models: [MODEL] });
  runProviderConformance({ test }, overWire("anthropic", make));
});

function scripted(scenario: ProviderScenario): Provider {
  const { name, text, reasoning, toolCall, usage, failure } = scenario;
  if (name === "echo")
    return simulated({ reply: ({ messages }) => textOf(messages.at(-1)?.content), ttftMs: (n) => n % 4 });
  if (name === "hang") return simulated({ failures: () => "hang" });
  if (name === "endless") return simulated({ reply: "on ".repeat(1_000), tokensPerSecond: 200 });
  if (name === "cut") {
    return simulated({ reply: text ?? "", failures: () => ({ kind: "stream_interrupted", afterTokens: 1 }) });
  }
  if (failure !== undefined) return simulated({ failures: () => failure });
  const toolCalls = toolCall === undefined ? undefined : [toolCall];
  return simulated({ reply: { text, reasoning, toolCalls, usage } });
}

describe("conformance: simulated", () => {
  runProviderConformance({ test }, { setUp: (scenario) => ({ provider: scripted(scenario) }) });
});

for (const wire of ["openai", "anthropic", "responses"] as const) {
  describe(`conformance: the ${wire} wire, sent by signalbox/undici`, () => {
    const shared = { id: "plain", apiKey, models: [MODEL], transport: undiciTransport() };
    const make = (baseURL: string) =>
      wire === "anthropic"
        ? anthropicCompatible({ ...shared, baseURL })
        : openaiCompatible({ ...shared, baseURL, wire: wire === "openai" ? "chat" : "responses" });
    runProviderConformance({ test }, overWire(wire, make));
  });
}
