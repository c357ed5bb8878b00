import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = {
  tools: true,
  vision: "data",
  thinking: "always",
  json: "schema",
  efforts: ["minimal", "low", "medium", "high"],
};

/** Google Gemini: prices in US dollars. */
export const GEMINI_MODELS: readonly ModelInfo[] = [
  entry(
    "gemini-3.1-pro-preview",
    3,
    [1_048_576, 65_536],
    {
      input: 2,
      cacheRead: 0.2,
      output: 12,
      tiers: [{ aboveInputTokens: 200_000, input: 4, cacheRead: 0.4, output: 18 }],
    },
    { tools: true, vision: "data", thinking: "always", json: "schema" },
    READ,
  ),
  entry(
    "gemini-3.8-flash",
    2,
    [1_048_576, 65_536],
    { input: 0.75, cacheRead: 0.075, output: 3.75 },
    { tools: true, vision: "data", thinking: "always", json: "schema", efforts: ["low", "medium", "high"] },
    READ,
  ),
  entry("gemini-3.7-flash", 2, [1_048_576, 65_536], { input: 0.75, cacheRead: 0.075, output: 3.75 }, COMMON, READ),
  entry("gemini-3.6-flash", 2, [1_048_576, 65_536], { input: 0.75, cacheRead: 0.075, output: 3.75 }, COMMON, READ),
  entry("gemini-3.5-flash", 2, [1_048_576, 65_536], { input: 1.5, cacheRead: 0.15, output: 9 }, COMMON, READ),
  entry("gemini-3.5-flash-lite", 1, [1_048_576, 65_536], { input: 0.3, cacheRead: 0.03, output: 2.5 }, COMMON, READ),
  entry("gemini-3.1-flash-lite", 1, [1_048_576, 65_536], { input: 0.25, cacheRead: 0.025, output: 1.5 }, COMMON, READ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const GEMINI_AUTO: readonly string[] = ["gemini-3.1-pro-preview", "gemini-3.8-flash", "gemini-3.5-flash-lite"];
