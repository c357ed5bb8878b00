import { blockTraces, keyTraces } from "./hit-ratios.js";
import { labelledPairs, paraphrases } from "./pairs.js";
import type { ReportKind } from "./report-kind.js";

/** Every way to report on a file. A file that several match gets all of them, in this order. */
export const KINDS: readonly ReportKind[] = [keyTraces, blockTraces, labelledPairs, paraphrases];
