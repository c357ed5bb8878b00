import type { Capabilities, ModelInfo } from "../../contract/provider.js";
import { entry, SOURCES } from "./entry.js";

const K3: Capabilities = {
  tools: true,
  vision: "data",
  thinking: "always",
  json: "schema",
  efforts: ["low", "high", "max"],
};
const K2: Capabilities = {
  tools: true,
  toolChoice: "no_required",
  vision: "data",
  thinking: "switchable",
  json: "schema",
};
// Announced end of all K2.x; closed to new accounts since 2026-10-31.
const K2_ENDS = { status: "sunset", endsOn: "2026-12", successor: "kimi-k3" };

/** Moonshot Kimi, international prices in US dollars. */
export const KIMI_MODELS: readonly ModelInfo[] = [
  entry("kimi-k3", 3, [1_048_576, 1_048_576], { input: 3, cacheRead: 0.3, output: 15 }, K3, {
    source: SOURCES.genaiMoonshot,
    asOf: "2026-07-16",
    status: "active",
    notes: "Writes at most 131,072 unless asked for more.",
  }),
  entry("kimi-k3.1-pro", 3, [1_000_000, null], { input: 2, cacheRead: 0.2, cacheWrite: 2, output: 10 }, K3, {
    source: "docs.apiyi.com Kimi K3.1 overview (says: equal to the official prices)",
    asOf: "2026-10-25",
    status: "active",
    notes: "Output limit not published.",
  }),
  entry(
    "kimi-k2.7-code",
    2,
    [262_144, 262_144],
    { input: 0.95, cacheRead: 0.19, output: 4 },
    { ...K2, thinking: "always" },
    { source: SOURCES.genaiMoonshot, asOf: "2026-06-15", ...K2_ENDS },
  ),
  entry("kimi-k2.6", 2, [262_144, 262_144], { input: 0.95, cacheRead: 0.16, output: 4 }, K2, {
    source: SOURCES.genaiMoonshot,
    asOf: "2026-05-22",
    ...K2_ENDS,
  }),
];

/** Both K3 models; everything older is announced to end in December 2026. */
export const KIMI_AUTO: readonly string[] = ["kimi-k3.1-pro", "kimi-k3"];

/** Ids that no longer answer, each with the model of the current generation that takes its place. */
export const KIMI_RETIRED: { readonly [id: string]: string } = {
  "kimi-k2-0711-preview": "kimi-k3",
  "kimi-k2-0905-preview": "kimi-k3",
  "kimi-k2-turbo-preview": "kimi-k3",
  "kimi-k2-thinking": "kimi-k3",
  "kimi-k2-thinking-turbo": "kimi-k3",
  "kimi-latest": "kimi-k3",
};
