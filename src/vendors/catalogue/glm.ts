import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, SOURCES } from "./entry.js";

const TEXT: Capabilities = { tools: true, toolChoice: "auto", vision: false, thinking: "switchable", json: "object" };
const EYES: Capabilities = { ...TEXT, vision: "url" };
const EFFORTS_5_3 = ["low", "high", "max"];
const READ = { source: SOURCES.modelsDevZai, asOf: "2026-07-02", status: "active" };

/** Zhipu / Z.ai GLM, international prices in US dollars. */
export const GLM_MODELS: readonly ModelInfo[] = [
  entry(
    "glm-5.3",
    3,
    [1_048_576, 131_072],
    { input: 1.4, cacheRead: 0.26, output: 4.4 },
    { ...TEXT, thinking: "always", efforts: EFFORTS_5_3 },
    { source: SOURCES.genaiZai, asOf: "2026-08-19", status: "active", notes: "Thinks at `max` unless told less." },
  ),
  entry(
    "glm-5.3-flash",
    1,
    [1_048_576, 131_072],
    { input: 0.15, cacheRead: 0.03, output: 0.5 },
    { ...EYES, thinking: "always", efforts: EFFORTS_5_3 },
    {
      source: "VladoIvankovic/Codeep v2.25.0; OpenRouter page (half price as a launch offer)",
      asOf: "2026-08-28",
      status: "active",
      notes: "The cache price is twice that of the launch offer, not read as such.",
    },
  ),
  entry(
    "glm-5.2",
    3,
    [1_000_000, 131_072],
    { input: 1.4, cacheRead: 0.26, output: 4.4 },
    { ...TEXT, efforts: ["high", "max"] },
    { source: SOURCES.genaiZai, asOf: "2026-08-04", status: "active" },
  ),
  entry("glm-5.1", 3, [200_000, 131_072], { input: 1.4, cacheRead: 0.26, output: 4.4 }, TEXT, READ),
  entry("glm-5v-turbo", 2, [200_000, 131_072], { input: 1.2, cacheRead: 0.24, output: 4 }, EYES, READ),
  entry("glm-4.7", 2, [204_800, 131_072], { input: 0.6, cacheRead: 0.11, output: 2.2 }, TEXT, READ),
  entry("glm-4.7-flash", 1, [200_000, 131_072], { input: 0, cacheRead: 0, output: 0 }, TEXT, {
    ...READ,
    notes: "Free, with low concurrency; not in the automatic choice.",
  }),
  entry("glm-4.6", 2, [204_800, 131_072], { input: 0.6, cacheRead: 0.11, output: 2.2 }, TEXT, READ),
  entry("glm-4.6v", 2, [128_000, 32_768], { input: 0.3, cacheRead: 0.05, output: 0.9 }, EYES, {
    ...READ,
    source: `${SOURCES.modelsDevZai}; cache price: RooCodeInc/Roo-Code packages/types`,
  }),
  entry("glm-4.5-air", 1, [131_072, 98_304], { input: 0.2, cacheRead: 0.03, output: 1.1 }, TEXT, READ),
];

/** The current generation: the strong one, and the light one that also sees pictures. */
export const GLM_AUTO: readonly string[] = ["glm-5.3", "glm-5.3-flash"];
