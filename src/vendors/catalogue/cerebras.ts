import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = { tools: true, vision: false, thinking: "none", json: "object" };

/** Cerebras: prices in US dollars. */
export const CEREBRAS_MODELS: readonly ModelInfo[] = [
  entry(
    "gpt-oss-120b",
    1,
    [131_072, 32_768],
    { input: 0.35, output: 0.75 },
    { tools: true, vision: false, thinking: "always", json: "object" },
    READ,
  ),
  entry(
    "gemma-4-31b",
    1,
    [131_072, 32_768],
    { input: 0.99, output: 1.49 },
    { tools: true, vision: "data", thinking: "always", json: "object" },
    READ,
  ),
  entry("llama-3.3-70b", 1, [128_000, null], { input: 0.85, output: 1.2 }, COMMON, READ),
  entry("qwen-3-235b-a22b-instruct-2507", 1, [262_000, 8192], { input: 0.6, output: 1.2 }, COMMON, READ),
  entry(
    "zai-glm-4.7",
    2,
    [200_000, 128_000],
    { input: 2.25, output: 2.75 },
    { tools: true, vision: false, thinking: "switchable", json: "object" },
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const CEREBRAS_AUTO: readonly string[] = ["zai-glm-4.7", "gpt-oss-120b"];
