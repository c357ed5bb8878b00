import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = {
  tools: true,
  vision: false,
  thinking: "always",
  json: "object",
  efforts: ["low", "medium", "high"],
};

/** Groq: prices in US dollars. */
export const GROQ_MODELS: readonly ModelInfo[] = [
  entry("openai/gpt-oss-120b", 1, [131_072, 32_766], { input: 0.15, output: 0.75 }, COMMON, READ),
  entry("openai/gpt-oss-20b", 1, [131_072, 32_766], { input: 0.1, output: 0.5 }, COMMON, READ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const GROQ_AUTO: readonly string[] = ["openai/gpt-oss-120b", "openai/gpt-oss-20b"];
