import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = { tools: true, vision: "url", thinking: "none", json: "object" };
const SECOND: Capabilities = { tools: true, vision: false, thinking: "none", json: "object" };

/** Mistral: prices in US dollars. */
export const MISTRAL_MODELS: readonly ModelInfo[] = [
  entry("mistral-large-2512", 2, [262_144, null], { input: 0.5, output: 1.5 }, COMMON, READ),
  entry("devstral-2512", 2, [262_144, null], { input: 0.4, output: 2 }, SECOND, READ),
  entry("codestral-2508", 1, [256_000, null], { input: 0.3, output: 0.9 }, SECOND, READ),
  entry("ministral-14b-2512", 1, [262_144, null], { input: 0.2, output: 0.2 }, COMMON, READ),
  entry("ministral-8b-2512", 1, [262_144, null], { input: 0.15, output: 0.15 }, COMMON, READ),
  entry("mistral-small-2506", 1, [128_000, null], { input: 0.1, output: 0.3 }, COMMON, READ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const MISTRAL_AUTO: readonly string[] = ["mistral-large-2512", "mistral-small-2506"];
