import type { ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

/** DeepSeek: prices in US dollars. */
export const DEEPSEEK_MODELS: readonly ModelInfo[] = [
  entry(
    "deepseek-v4-pro",
    3,
    [1_050_000, 393_216],
    { input: 0.435, cacheRead: 0.003625, output: 0.87 },
    { tools: true, vision: false, thinking: "switchable", json: "object", efforts: ["high", "max"] },
    READ,
  ),
  entry(
    "deepseek-flash",
    1,
    [1_050_000, 393_216],
    { input: 0.15, cacheRead: 0.003, output: 0.6 },
    { tools: true, vision: "data", thinking: "switchable", json: "object", efforts: ["low", "high", "max"] },
    READ,
  ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const DEEPSEEK_AUTO: readonly string[] = ["deepseek-v4-pro", "deepseek-flash"];
