import type { ModelInfo } from "../../contract/provider.js";
import { GLM_MODELS } from "./glm.js";
import { KIMI_MODELS, KIMI_RETIRED } from "./kimi.js";
import { MINIMAX_MODELS } from "./minimax.js";

/**
 * Every model this version knows, by vendor: data with source and date, each fact yours to override.
 *
 * @example
 * kimi({ models: [...catalogue.kimi, { ...catalogue.kimi[0], id: "kimi-k4", usdPerMTok: null }] });
 */
export const catalogue: {
  readonly minimax: readonly ModelInfo[];
  readonly glm: readonly ModelInfo[];
  readonly kimi: readonly ModelInfo[];
} = { minimax: MINIMAX_MODELS, glm: GLM_MODELS, kimi: KIMI_MODELS };

/** Ids that no longer answer, so that asking for one says so. */
export const retiredModels: readonly string[] = Object.keys(KIMI_RETIRED);
