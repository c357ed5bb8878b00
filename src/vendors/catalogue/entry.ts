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

/** One model as data; the rest of its facts by name. */
export function entry(
  id: string,
  tier: 1 | 2 | 3,
  window: readonly [contextWindow: number, maxOutput: number | null],
  usdPerMTok: Price,
  capabilities: Capabilities,
  read: Pick<ModelInfo, "source" | "asOf" | "status" | "endsOn" | "notes">,
): ModelInfo {
  const [contextWindow, maxOutput] = window;
  return { id, contextWindow, maxOutput, tier, capabilities, usdPerMTok, ...read };
}
