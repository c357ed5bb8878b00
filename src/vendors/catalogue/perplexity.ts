import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, READ_2026_09_23 as READ } from "./entry.js";

const COMMON: Capabilities = { tools: false, vision: false, thinking: "none", json: "schema" };

/** Perplexity: prices in US dollars. */
export const PERPLEXITY_MODELS: readonly ModelInfo[] = [
  entry("sonar-pro", 2, [200_000, null], { input: 3, output: 15 }, COMMON, READ),
  entry("sonar-reasoning-pro", 2, [128_000, null], { input: 2, output: 8 }, { ...COMMON, thinking: "always" }, READ),
  entry("sonar", 1, [130_000, null], { input: 1, output: 1 }, COMMON, READ),
];

/** What `"auto"` may choose: a strong model and a light one. */
export const PERPLEXITY_AUTO: readonly string[] = ["sonar-pro", "sonar"];
