import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = { tools: true, vision: "url", thinking: "switchable", json: "object" };

/** Qwen (Alibaba Cloud Model Studio, international): prices in US dollars. */
export const QWEN_MODELS: readonly ModelInfo[] = [
  entry(
    "qwen3.8-max",
    3,
    [1_000_000, 131_072],
    { input: 2, cacheRead: 0.25, cacheWrite: 2.5, output: 6 },
    COMMON,
    READ,
  ),
  entry(
    "qwen3.8-flash",
    1,
    [1_000_000, 131_072],
    { input: 0.15, cacheRead: 0.016, cacheWrite: 0.2, output: 0.47 },
    { tools: true, vision: "url", thinking: "switchable", json: "schema" },
    READ,
  ),
  entry(
    "qwen3.7-max",
    3,
    [1_000_000, 65_536],
    { input: 2.5, cacheRead: 0.5, cacheWrite: 3.125, output: 7.5 },
    { tools: true, vision: false, thinking: "switchable", json: "object" },
    READ,
  ),
  entry(
    "qwen3.7-plus",
    2,
    [1_000_000, 65_536],
    {
      input: 0.4,
      cacheRead: 0.08,
      cacheWrite: 0.5,
      output: 1.6,
      tiers: [{ aboveInputTokens: 256_000, input: 1.2, cacheRead: 0.24, cacheWrite: 1.5, output: 4.8 }],
    },
    COMMON,
    READ,
  ),
  entry(
    "qwen3.7-flash",
    1,
    [1_000_000, 65_536],
    {
      input: 0.03,
      cacheRead: 0.006,
      cacheWrite: 0.0375,
      output: 0.13,
      tiers: [
        { aboveInputTokens: 32_000, input: 0.1, cacheRead: 0.02, cacheWrite: 0.125, output: 0.4 },
        { aboveInputTokens: 256_000, input: 0.2, cacheRead: 0.04, cacheWrite: 0.25, output: 0.8 },
      ],
    },
    COMMON,
    READ,
  ),
  entry(
    "qwen3.6-plus",
    2,
    [1_000_000, 65_536],
    {
      input: 0.5,
      cacheRead: 0.05,
      cacheWrite: 0.625,
      output: 3,
      tiers: [{ aboveInputTokens: 256_000, input: 2, cacheRead: 0.2, cacheWrite: 2.5, output: 6 }],
    },
    COMMON,
    READ,
  ),
  entry(
    "qwen3.6-flash",
    1,
    [1_000_000, 65_536],
    {
      input: 0.25,
      cacheRead: 0.05,
      cacheWrite: 0.3125,
      output: 1.5,
      tiers: [{ aboveInputTokens: 256_000, input: 1, cacheRead: 0.2, cacheWrite: 1.25, output: 4 }],
    },
    COMMON,
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const QWEN_AUTO: readonly string[] = ["qwen3.8-max", "qwen3.8-flash"];
