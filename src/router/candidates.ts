import {
  NEED_AUDIO,
  NEED_FILES,
  NEED_FORCED_TOOL,
  NEED_JSON_OBJECT,
  NEED_JSON_SCHEMA,
  NEED_TOOLS,
  NEED_VISION_DATA,
  NEED_VISION_URL,
} from "../chat/needs.js";
import type { AnyProvider, ModelInfo } from "../contract/provider.js";
import type { Candidate } from "../engine/candidate.js";
import type { ExclusionReason } from "../errors/kinds.js";

/** Thinking as a hard need; a request does not show it, `require` does. */
export const NEED_THINKING = 1 << 16;
/** Tools that the vendor runs itself: the same type word means other things elsewhere, so only `require` says it. */
export const NEED_HOSTED_TOOLS = 1 << 17;

/** Why a candidate is out when `disable` was called. */
export const DISABLED_BY_HAND = "disabled by hand";

/** A candidate with what the plan asks of it on every request, worked out once. */
export interface PlannedCandidate extends Candidate {
  /** The `NEED_` bits it can meet. */
  readonly supports: number;
  /** The tags of its model and of its provider. */
  readonly tags: ReadonlySet<string>;
  /** Whether `"auto"` may choose it. */
  readonly auto: boolean;
  /** Wall-clock milliseconds after which it is retired; `Infinity` where nobody says. */
  readonly endsAtWallMs: number;
}

/** What a model can do, as `NEED_` bits. */
export function supportsOf({ capabilities }: ModelInfo): number {
  const { tools, vision, thinking, json, audio, files, hostedTools, toolChoice } = capabilities;
  let bits = 0;
  if (tools) bits |= NEED_TOOLS;
  if (tools && (toolChoice === undefined || toolChoice === "full" || toolChoice === "no_required"))
    bits |= NEED_FORCED_TOOL;
  if (vision) bits |= NEED_VISION_DATA;
  if (vision === "url") bits |= NEED_VISION_URL;
  if (audio) bits |= NEED_AUDIO;
  if (files) bits |= NEED_FILES;
  if (json !== "none") bits |= NEED_JSON_OBJECT;
  if (json === "schema") bits |= NEED_JSON_SCHEMA;
  if (thinking !== "none") bits |= NEED_THINKING;
  if (hostedTools) bits |= NEED_HOSTED_TOOLS;
  return bits;
}

/** The first need that is not met, in words. */
export function missingReason(missing: number): ExclusionReason {
  if (missing & (NEED_VISION_DATA | NEED_VISION_URL)) return "missing_vision";
  if (missing & (NEED_TOOLS | NEED_FORCED_TOOL)) return "missing_tools";
  if (missing & (NEED_JSON_OBJECT | NEED_JSON_SCHEMA)) return "missing_json";
  if (missing & NEED_AUDIO) return "missing_audio";
  if (missing & NEED_FILES) return "missing_files";
  if (missing & NEED_HOSTED_TOOLS) return "missing_hosted_tools";
  return "missing_thinking";
}

/** The end of the day or month that `endsOn` names, wall-clock milliseconds. */
export function endsAtWallMs({ endsOn }: ModelInfo): number {
  if (endsOn === undefined) return Number.POSITIVE_INFINITY;
  const [year, month, day] = endsOn.split("-").map(Number);
  if (!year || !month) return Number.POSITIVE_INFINITY;
  return day ? Date.UTC(year, month - 1, day + 1) : Date.UTC(year, month, 1);
}

/** Whether `"auto"` may choose this model of its provider. */
export function isAuto({ autoModels }: AnyProvider, modelId: string): boolean {
  return autoModels === undefined || autoModels.includes(modelId);
}
