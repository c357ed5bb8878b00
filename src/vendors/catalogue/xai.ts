import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = {
  tools: true,
  vision: "url",
  thinking: "always",
  json: "object",
  efforts: ["low", "medium", "high", "xhigh"],
};

/** xAI: prices in US dollars. */
export const XAI_MODELS: readonly ModelInfo[] = [
  entry(
    "grok-4.7",
    3,
    [500_000, null],
    { input: 2, cacheRead: 0.5, output: 6, tiers: [{ aboveInputTokens: 200_000, input: 4, cacheRead: 1, output: 12 }] },
    COMMON,
    READ,
  ),
  entry(
    "grok-4.6",
    3,
    [500_000, null],
    { input: 2, cacheRead: 0.5, output: 6, tiers: [{ aboveInputTokens: 200_000, input: 4, cacheRead: 1, output: 12 }] },
    COMMON,
    READ,
  ),
  entry(
    "grok-4.5",
    3,
    [500_000, null],
    {
      input: 2,
      cacheRead: 0.3,
      output: 6,
      tiers: [{ aboveInputTokens: 200_000, input: 4, cacheRead: 0.6, output: 12 }],
    },
    { tools: true, vision: "url", thinking: "always", json: "object", efforts: ["low", "medium", "high"] },
    READ,
  ),
  entry(
    "grok-4.3",
    2,
    [1_000_000, null],
    {
      input: 1.25,
      cacheRead: 0.2,
      output: 2.5,
      tiers: [{ aboveInputTokens: 200_000, input: 2.5, cacheRead: 0, output: 5 }],
    },
    { tools: true, vision: "url", thinking: "switchable", json: "object", efforts: ["low", "medium", "high"] },
    READ,
  ),
  entry(
    "grok-build-0.1",
    2,
    [256_000, 256_000],
    {
      input: 1,
      cacheRead: 0.2,
      output: 2,
      tiers: [{ aboveInputTokens: 200_000, input: 2, cacheRead: 0.4, output: 4 }],
    },
    { tools: true, vision: "url", thinking: "always", json: "object" },
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const XAI_AUTO: readonly string[] = ["grok-4.7", "grok-4.3"];
