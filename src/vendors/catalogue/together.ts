import type { ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

/** Together AI: prices in US dollars. */
export const TOGETHER_MODELS: readonly ModelInfo[] = [
  entry(
    "deepseek-ai/DeepSeek-V4.1-Flash",
    1,
    [1_048_576, 393_216],
    { input: 0.3, cacheRead: 0.006, output: 1.2 },
    { tools: true, vision: "url", thinking: "switchable", json: "schema", efforts: ["low", "high", "xhigh", "max"] },
    READ,
  ),
  entry(
    "zai-org/GLM-5.3",
    3,
    [1_048_576, 943_717],
    { input: 1.4, cacheRead: 0.26, output: 4.4 },
    { tools: true, vision: false, thinking: "always", json: "schema" },
    READ,
  ),
  entry(
    "zai-org/GLM-5.3-Flash",
    1,
    [1_048_576, 943_717],
    { input: 0.15, cacheRead: 0.03, output: 0.5 },
    { tools: true, vision: "url", thinking: "always", json: "schema" },
    READ,
  ),
  entry(
    "Qwen/Qwen3.8-2.4T-A95B",
    3,
    [1_010_000, 909_000],
    { input: 2, cacheRead: 0.25, output: 6 },
    { tools: true, vision: false, thinking: "switchable", json: "schema", efforts: ["low", "medium", "xhigh"] },
    READ,
  ),
  entry(
    "moonshotai/Kimi-K3",
    3,
    [1_000_000, 1_000_000],
    { input: 3, cacheRead: 0.3, output: 15 },
    { tools: true, vision: "url", thinking: "switchable", json: "object" },
    READ,
  ),
  entry(
    "MiniMaxAI/MiniMax-M3",
    2,
    [524_288, 131_072],
    { input: 0.3, cacheRead: 0.06, output: 1.2 },
    { tools: false, vision: false, thinking: "switchable", json: "schema" },
    READ,
  ),
  entry(
    "deepseek-ai/DeepSeek-V4-Pro-0813",
    3,
    [1_048_576, 163_840],
    { input: 1.32, cacheRead: 0.13, output: 3.96 },
    { tools: true, vision: false, thinking: "switchable", json: "schema", efforts: ["high", "max"] },
    READ,
  ),
  entry(
    "openai/gpt-oss-120b",
    1,
    [131_072, 32_768],
    { input: 0.15, output: 0.6 },
    { tools: true, vision: false, thinking: "always", json: "none", efforts: ["low", "medium", "high"] },
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const TOGETHER_AUTO: readonly string[] = ["moonshotai/Kimi-K3", "zai-org/GLM-5.3-Flash"];
