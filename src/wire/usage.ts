import type { Usage } from "../chat/usage.js";

type Raw = { readonly [name: string]: unknown };

/**
 * The usage shapes of the world into OpenAI's: cached tokens at the top level or in the details under four names,
 * Anthropic's names (whose input excludes the cache), reasoning counted in `completion_tokens` or beside it.
 * A total above the sum is thinking that nobody itemised: it was written, and costs money.
 * `undefined` if nothing was counted: zeros all over are a vendor that does not count.
 */
export function readUsage(raw: unknown): Usage | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const usage = raw as Raw;
  if (usage.prompt_tokens === undefined && usage.input_tokens !== undefined) return fromAnthropic(usage);
  const promptDetails = fields(usage.prompt_tokens_details);
  const outputDetails = fields(usage.completion_tokens_details ?? usage.output_tokens_details);
  const cacheRead = firstCount([
    promptDetails.cached_tokens,
    promptDetails.cache_read_input_tokens,
    usage.cached_tokens,
    usage.num_cached_tokens,
    usage.cache_read_input_tokens,
    usage.prompt_cache_hit_tokens,
  ]);
  const cacheWrite = firstCount([
    promptDetails.cache_creation_input_tokens,
    promptDetails.cache_write_tokens,
    usage.cache_creation_input_tokens,
  ]);
  let prompt = count(usage.prompt_tokens);
  const written = count(usage.completion_tokens);
  if (prompt + written === 0) return undefined;
  let beyond = Math.max(count(usage.total_tokens) - prompt - written, 0);
  // A gateway that counts the cache apart shows it in the total.
  const cached = (cacheRead ?? 0) + (cacheWrite ?? 0);
  if (beyond > 0 && beyond === cached) {
    prompt += beyond;
    beyond = 0;
  }
  const told = firstCount([outputDetails.reasoning_tokens, usage.reasoning_tokens]);
  const apart = beyond > 0 ? beyond : (told ?? 0) > written ? (told ?? 0) : 0;
  const reasoning = told === undefined || told === 0 ? apart || told : told;
  return usageOf(prompt, written + apart, { cacheRead, cacheWrite, reasoning }, promptDetails, outputDetails);
}

/** Anthropic's counts. `iterations` lists every round of a turn; what a compaction took is only in there. */
function fromAnthropic(usage: Raw): Usage | undefined {
  const listed = Array.isArray(usage.iterations) ? (usage.iterations as readonly unknown[]) : [];
  const rounds = listed.some((round) => fields(round).type === "compaction") ? listed : [usage];
  let [prompt, written, cacheRead, cacheWrite] = [0, 0, 0, 0];
  for (const each of rounds) {
    const round = fields(each);
    const [read, write] = [count(round.cache_read_input_tokens), count(round.cache_creation_input_tokens)];
    prompt += count(round.input_tokens) + read + write;
    written += count(round.output_tokens);
    cacheRead += read;
    cacheWrite += write;
  }
  if (prompt + written === 0) return undefined;
  const details = fields(usage.output_tokens_details);
  const reasoning = firstCount([details.thinking_tokens, details.reasoning_tokens]);
  const isTold = typeof usage.cache_read_input_tokens === "number" || cacheRead > 0;
  const read = isTold ? cacheRead : undefined;
  const counts = { cacheRead: read, cacheWrite: cacheWrite > 0 ? cacheWrite : undefined, reasoning };
  return usageOf(prompt, written, counts, {}, {});
}

interface Counts {
  readonly cacheRead: number | undefined;
  readonly cacheWrite: number | undefined;
  readonly reasoning: number | undefined;
}

/** What a vendor said is there, zeros included; what it did not say is not. */
function usageOf(prompt: number, completion: number, counts: Counts, promptRest: Raw, outputRest: Raw): Usage {
  const { cacheRead, cacheWrite, reasoning } = counts;
  const result: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  const read = Math.min(cacheRead ?? 0, prompt);
  const promptDetails: NonNullable<Usage["prompt_tokens_details"]> = {};
  if (cacheRead !== undefined || (cacheWrite ?? 0) > 0) promptDetails.cached_tokens = read;
  if ((cacheWrite ?? 0) > 0) promptDetails.cache_write_tokens = Math.min(cacheWrite ?? 0, prompt - read);
  addCount(promptDetails, "audio_tokens", promptRest);
  if (hasFields(promptDetails)) result.prompt_tokens_details = promptDetails;
  const outputDetails: NonNullable<Usage["completion_tokens_details"]> = {};
  if (reasoning !== undefined) outputDetails.reasoning_tokens = reasoning;
  addCount(outputDetails, "audio_tokens", outputRest);
  addCount(outputDetails, "accepted_prediction_tokens", outputRest);
  addCount(outputDetails, "rejected_prediction_tokens", outputRest);
  if (hasFields(outputDetails)) result.completion_tokens_details = outputDetails;
  return result;
}

function addCount<Name extends string>(to: { [name in Name]?: number }, name: Name, from: Raw): void {
  const value = from[name];
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) to[name] = value;
}

function hasFields(value: object): boolean {
  return Object.keys(value).length > 0;
}

function fields(value: unknown): Raw {
  return typeof value === "object" && value !== null ? (value as Raw) : {};
}

function count(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}

/** The first that is above 0; else 0 if one of them says 0, and `undefined` if none says anything. */
function firstCount(values: readonly unknown[]): number | undefined {
  const found = values.find(count);
  if (found !== undefined) return found as number;
  return values.includes(0) ? 0 : undefined;
}
