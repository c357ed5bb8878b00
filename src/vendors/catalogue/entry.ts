import type { Capabilities, ModelInfo, Price } from "../../contract/provider.js";

const MODELS_DEV = "anomalyco/models.dev";
const GENAI_PRICES = "pydantic/genai-prices";

/** Where figures were read; most come from two public catalogues. */
export const SOURCES = {
  modelsDevZai: `${MODELS_DEV} providers/zai`,
  genaiMinimax: `${GENAI_PRICES} prices/providers/minimax.yml`,
  genaiMoonshot: `${GENAI_PRICES} prices/providers/moonshotai.yml`,
  genaiZai: `${GENAI_PRICES} prices/providers/zai.yml`,
} as const;

/** The gateway's own price table, version 1.324.0; for most vendors the newest public one with all facts in one place. */
export const READ_2026_09_23 = { source: "llmgateway models 1.324.0", asOf: "2026-09-23", status: "active" } as const;

/** One model as data; the rest of its facts by name. */
export function entry(
  id: string,
  tier: 1 | 2 | 3,
  window: readonly [contextWindow: number, maxOutput: number | null],
  usdPerMTok: Price,
  capabilities: Capabilities,
  read: Pick<ModelInfo, "source" | "asOf" | "status" | "endsOn" | "successor" | "notes">,
): ModelInfo {
  const [contextWindow, maxOutput] = window;
  return { id, contextWindow, maxOutput, tier, capabilities, usdPerMTok, ...read };
}
