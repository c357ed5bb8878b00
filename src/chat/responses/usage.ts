import type { Usage } from "../usage.js";
import { isRaw } from "./items.js";

/** Token counts as the Responses API writes them: `input_tokens` holds the cached ones, `output_tokens` the thinking. */
export interface ResponsesUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** Counts of the vocabulary in the words of the Responses API. */
export function toResponsesUsage(usage: Usage): ResponsesUsage {
  const { cached_tokens = 0, cache_write_tokens: written } = usage.prompt_tokens_details ?? {};
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: written === undefined ? { cached_tokens } : { cached_tokens, cache_write_tokens: written },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
  };
}

/** The way back; `undefined` where nothing was counted. */
export function fromResponsesUsage(raw: unknown): Usage | undefined {
  if (!isRaw(raw)) return undefined;
  const prompt = count(raw.input_tokens);
  const completion = count(raw.output_tokens);
  if (prompt + completion === 0) return undefined;
  const read = isRaw(raw.input_tokens_details) ? raw.input_tokens_details : {};
  const wrote = isRaw(raw.output_tokens_details) ? raw.output_tokens_details : {};
  const usage: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  const cached = Math.min(count(read.cached_tokens), prompt);
  const written = Math.min(count(read.cache_write_tokens), prompt - cached);
  if (typeof read.cached_tokens === "number") usage.prompt_tokens_details = { cached_tokens: cached };
  if (written > 0) usage.prompt_tokens_details = { cached_tokens: cached, cache_write_tokens: written };
  const reasoning = Math.min(count(wrote.reasoning_tokens), completion);
  if (reasoning > 0) usage.completion_tokens_details = { reasoning_tokens: reasoning };
  return usage;
}

function count(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}
