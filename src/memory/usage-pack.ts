import type { Usage } from "../chat/usage.js";

/** Usage as a list of numbers: a mask of which optional counts are there, then the counts. `null`: it holds more than we know. */
export type PackedUsage = readonly number[];

const PROMPT = ["cached_tokens", "cache_write_tokens", "audio_tokens"] as const;
const COMPLETION = [
  "reasoning_tokens",
  "audio_tokens",
  "accepted_prediction_tokens",
  "rejected_prediction_tokens",
] as const;
const TOP = new Set([
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "prompt_tokens_details",
  "completion_tokens_details",
  "estimated",
]);

const HAS_PROMPT_DETAILS = 1 << 8;
const HAS_COMPLETION_DETAILS = 1 << 9;
const ESTIMATED = 1 << 10;
const NOT_ESTIMATED = 1 << 11;

/** Packs usage so that {@link unpackUsage} gives an equal object; `null` where a vendor's extra fields would be lost. */
export function packUsage(usage: Usage): PackedUsage | null {
  for (const name of Object.keys(usage)) if (!TOP.has(name)) return null;
  let mask = usage.estimated === undefined ? 0 : usage.estimated ? ESTIMATED : NOT_ESTIMATED;
  const counts: number[] = [0, usage.prompt_tokens, usage.completion_tokens, usage.total_tokens];
  if (usage.prompt_tokens_details !== undefined) {
    const bits = packDetails(usage.prompt_tokens_details, PROMPT, counts);
    if (bits < 0) return null;
    mask |= bits | HAS_PROMPT_DETAILS;
  }
  if (usage.completion_tokens_details !== undefined) {
    const bits = packDetails(usage.completion_tokens_details, COMPLETION, counts);
    if (bits < 0) return null;
    mask |= (bits << 4) | HAS_COMPLETION_DETAILS;
  }
  counts[0] = mask;
  return counts.every(Number.isFinite) ? counts : null;
}

/** The way back. */
export function unpackUsage(packed: PackedUsage): Usage {
  const mask = packed[0] ?? 0;
  const usage: Usage = {
    prompt_tokens: packed[1] ?? 0,
    completion_tokens: packed[2] ?? 0,
    total_tokens: packed[3] ?? 0,
  };
  let next = 4;
  if (mask & HAS_PROMPT_DETAILS) {
    const details: NonNullable<Usage["prompt_tokens_details"]> = {};
    for (let bit = 0; bit < PROMPT.length; bit++) {
      if (mask & (1 << bit)) details[PROMPT[bit] as (typeof PROMPT)[number]] = packed[next++] ?? 0;
    }
    usage.prompt_tokens_details = details;
  }
  if (mask & HAS_COMPLETION_DETAILS) {
    const details: NonNullable<Usage["completion_tokens_details"]> = {};
    for (let bit = 0; bit < COMPLETION.length; bit++) {
      if (mask & (16 << bit)) details[COMPLETION[bit] as (typeof COMPLETION)[number]] = packed[next++] ?? 0;
    }
    usage.completion_tokens_details = details;
  }
  if (mask & (ESTIMATED | NOT_ESTIMATED)) usage.estimated = (mask & ESTIMATED) !== 0;
  return usage;
}

function packDetails(details: object, names: readonly string[], counts: number[]): number {
  let bits = 0;
  const values = details as { readonly [name: string]: unknown };
  for (const name of Object.keys(details)) if (!names.includes(name)) return -1;
  for (let bit = 0; bit < names.length; bit++) {
    const value = values[names[bit] as string];
    if (value === undefined) continue;
    if (typeof value !== "number") return -1;
    counts.push(value);
    bits |= 1 << bit;
  }
  return bits;
}
