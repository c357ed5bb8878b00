import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import { checkEmbed } from "../router/check-embed.js";
import { createLearning } from "../router/learning.js";
import type { RouterOptions } from "../router/options.js";
import type { Kit } from "../router/parts.js";
import { createCharacteristics } from "../strategies/characteristics/characteristics.js";

export const learningKit = { learning: createLearning, characteristics: createCharacteristics } satisfies Partial<Kit>;

/**
 * Learns from `feedback` which candidate answers what best, and reads each request for it.
 *
 * @param embed an embedding function of yours, which gives features besides the words; see `embed` of `createRouter`.
 * @param state what an earlier router learned: the value of `exportState()`.
 */
export function learning(state?: unknown, embed?: RouterOptions["embed"]): Feature {
  checkEmbed(embed);
  return builtInFeature("learning", { options: { state, embed }, kit: learningKit }, {});
}
