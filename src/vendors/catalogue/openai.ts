import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = {
  tools: true,
  vision: "url",
  thinking: "switchable",
  json: "schema",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  files: true,
};
const SECOND: Capabilities = {
  tools: true,
  vision: "url",
  thinking: "switchable",
  json: "schema",
  efforts: ["low", "medium", "high", "xhigh"],
  files: true,
};
const THIRD: Capabilities = { tools: true, vision: "url", thinking: "none", json: "schema", files: true };

/** OpenAI: prices in US dollars. */
export const OPENAI_MODELS: readonly ModelInfo[] = [
  entry(
    "gpt-6-astra",
    3,
    [1_050_000, 128_000],
    {
      input: 10,
      cacheRead: 1,
      cacheWrite: 12.5,
      output: 50,
      tiers: [{ aboveInputTokens: 272_000, input: 20, cacheRead: 2, cacheWrite: 25, output: 75 }],
    },
    {
      tools: true,
      vision: "url",
      thinking: "always",
      json: "schema",
      efforts: ["low", "medium", "high", "xhigh", "max"],
      files: true,
    },
    READ,
  ),
  entry(
    "gpt-6-sol",
    3,
    [1_050_000, 128_000],
    {
      input: 2,
      cacheRead: 0.2,
      cacheWrite: 2.5,
      output: 10,
      tiers: [{ aboveInputTokens: 272_000, input: 4, cacheRead: 0.4, cacheWrite: 5, output: 15 }],
    },
    COMMON,
    READ,
  ),
  entry(
    "gpt-6-luna",
    1,
    [1_050_000, 128_000],
    {
      input: 0.1,
      cacheRead: 0.01,
      cacheWrite: 0.125,
      output: 0.5,
      tiers: [{ aboveInputTokens: 272_000, input: 0.2, cacheRead: 0.02, cacheWrite: 0.25, output: 0.75 }],
    },
    COMMON,
    READ,
  ),
  entry(
    "gpt-5.6-sol",
    3,
    [1_050_000, 128_000],
    {
      input: 4,
      cacheRead: 0.4,
      cacheWrite: 5,
      output: 20,
      tiers: [{ aboveInputTokens: 272_000, input: 8, cacheRead: 0.8, cacheWrite: 10, output: 30 }],
    },
    COMMON,
    READ,
  ),
  entry(
    "gpt-5.6-terra",
    2,
    [1_050_000, 128_000],
    {
      input: 2,
      cacheRead: 0.2,
      cacheWrite: 2.5,
      output: 12,
      tiers: [{ aboveInputTokens: 272_000, input: 4, cacheRead: 0.4, cacheWrite: 5, output: 18 }],
    },
    COMMON,
    READ,
  ),
  entry(
    "gpt-5.6-luna",
    1,
    [1_050_000, 128_000],
    {
      input: 0.2,
      cacheRead: 0.02,
      cacheWrite: 0.25,
      output: 1.2,
      tiers: [{ aboveInputTokens: 272_000, input: 0.4, cacheRead: 0.04, cacheWrite: 0.5, output: 1.8 }],
    },
    COMMON,
    READ,
  ),
  entry("gpt-5.5", 3, [1_050_000, 128_000], { input: 5, cacheRead: 0.5, output: 30 }, SECOND, READ),
  entry("gpt-5.4", 3, [1_050_000, 128_000], { input: 2.5, cacheRead: 0.25, output: 15 }, SECOND, READ),
  entry("gpt-5.4-mini", 1, [400_000, 128_000], { input: 0.75, cacheRead: 0.075, output: 4.5 }, SECOND, READ),
  entry("gpt-5.4-nano", 1, [400_000, 128_000], { input: 0.2, cacheRead: 0.02, output: 1.25 }, SECOND, READ),
  entry("gpt-4.1", 2, [1_000_000, null], { input: 2, cacheRead: 0.5, output: 8 }, THIRD, READ),
  entry("gpt-4.1-mini", 1, [1_000_000, null], { input: 0.4, cacheRead: 0.1, output: 1.6 }, THIRD, READ),
  entry("gpt-4o", 2, [128_000, 16_384], { input: 2.5, cacheRead: 1.25, output: 10 }, THIRD, READ),
  entry("gpt-4o-mini", 1, [128_000, 16_384], { input: 0.15, cacheRead: 0.075, output: 0.6 }, THIRD, READ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const OPENAI_AUTO: readonly string[] = ["gpt-6-sol", "gpt-6-luna"];
