import type { Usage } from "../chat/usage.js";

type Raw = { readonly [name: string]: unknown };

/**
 * The usage shapes of the world into OpenAI's: cached tokens at the top level or in the details under two names,
 * Anthropic's names (whose input excludes the cache), reasoning counted in `completion_tokens` or beside it.
 * `undefined` where nothing was counted: zeros all over are a vendor that does not count.
 */
export function readUsage(raw: unknown): Usage | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const usage = raw as Raw;
  const promptDetails = fields(usage.prompt_tokens_details);
  const reads = [
    promptDetails.cached_tokens,
    promptDetails.cache_read_input_tokens,
    usage.cached_tokens,
    usage.cache_read_input_tokens,
    usage.prompt_cache_hit_tokens,
  ];
  const cacheRead = count(reads.find(count));
  const cacheWrite =
    count(promptDetails.cache_creation_input_tokens) ||
    count(promptDetails.cache_write_tokens) ||
    count(usage.cache_creation_input_tokens);
  const anthropic = usage.prompt_tokens === undefined && usage.input_tokens !== undefined;
  let prompt = count(usage.prompt_tokens);
  if (anthropic) prompt = count(usage.input_tokens) + cacheRead + cacheWrite;
  const outputDetails = fields(usage.completion_tokens_details ?? usage.output_tokens_details);
  const reasoning = count(outputDetails.reasoning_tokens) || count(usage.reasoning_tokens);
  const written = count(anthropic ? usage.output_tokens : usage.completion_tokens);
  const total = count(usage.total_tokens);
  if (prompt + written === 0) return undefined;
  // A vendor that counts thinking apart shows it in the total, or by more thinking than it says it wrote.
  const apart = reasoning > written || (reasoning > 0 && total === prompt + written + reasoning);
  const completion = apart ? written + reasoning : written;
  const result: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  // A vendor that says nothing of its cache has not said that nothing was cached.
  if (cacheWrite > 0 || reads.some((read) => typeof read === "number")) {
    result.prompt_tokens_details = { cached_tokens: Math.min(cacheRead, prompt) };
    if (cacheWrite > 0) result.prompt_tokens_details.cache_write_tokens = Math.min(cacheWrite, prompt - cacheRead);
  }
  if (reasoning > 0) result.completion_tokens_details = { reasoning_tokens: reasoning };
  return result;
}

function fields(value: unknown): Raw {
  return typeof value === "object" && value !== null ? (value as Raw) : {};
}

function count(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}
