import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = {
  tools: true,
  vision: false,
  thinking: "switchable",
  json: "schema",
  efforts: ["low", "medium", "high", "xhigh", "max"],
};

/** Fireworks AI: prices in US dollars. */
export const FIREWORKS_MODELS: readonly ModelInfo[] = [
  entry(
    "accounts/fireworks/models/kimi-k3",
    3,
    [1_040_384, 1_040_384],
    { input: 3, cacheRead: 0.3, output: 15 },
    {
      tools: true,
      vision: "url",
      thinking: "switchable",
      json: "object",
      efforts: ["low", "medium", "high", "xhigh", "max"],
    },
    READ,
  ),
  entry(
    "accounts/fireworks/models/deepseek-v4-pro-0813",
    3,
    [1_048_576, 393_216],
    { input: 1.32, cacheRead: 0.044, output: 3.96 },
    COMMON,
    READ,
  ),
  entry(
    "accounts/fireworks/models/deepseek-v4p1-flash",
    1,
    [1_048_576, 393_216],
    { input: 0.22, cacheRead: 0.007, output: 0.66 },
    {
      tools: true,
      vision: "url",
      thinking: "switchable",
      json: "schema",
      efforts: ["low", "medium", "high", "xhigh", "max"],
    },
    READ,
  ),
  entry(
    "accounts/fireworks/models/deepseek-v4-flash-0731",
    1,
    [1_048_576, 393_216],
    { input: 0.22, cacheRead: 0.007, output: 0.66 },
    COMMON,
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const FIREWORKS_AUTO: readonly string[] = [
  "accounts/fireworks/models/kimi-k3",
  "accounts/fireworks/models/deepseek-v4p1-flash",
];
