/** Token counts as OpenAI reports them; `completion_tokens` includes reasoning. */
export interface Usage {
  /** Everything the model read, cached tokens included. */
  prompt_tokens: number;
  /** Everything it wrote, reasoning included. */
  completion_tokens: number;
  /** Prompt and completion together. */
  total_tokens: number;
  /** What the prompt's tokens were. */
  prompt_tokens_details?: {
    /** Of `prompt_tokens`, those the vendor read from its prefix cache. */
    cached_tokens?: number;
    /** Extension: of `prompt_tokens`, those the vendor wrote to its prefix cache. */
    cache_write_tokens?: number;
    audio_tokens?: number;
  };
  /** What the answer's tokens were. */
  completion_tokens_details?: {
    /** Of `completion_tokens`, those spent thinking. */
    reasoning_tokens?: number;
    audio_tokens?: number;
    accepted_prediction_tokens?: number;
    rejected_prediction_tokens?: number;
  };
  /** Extension: `true` where the vendor gave no counts and these are our estimate. */
  estimated?: boolean;
}

/** The same counts, apart: what prices are put on. `input` + `cacheRead` + `cacheWrite` = `prompt_tokens`. */
export interface TokenCounts {
  /** Read at the full price. */
  readonly input: number;
  /** Read from the vendor's prefix cache. */
  readonly cacheRead: number;
  /** Written to the vendor's prefix cache. */
  readonly cacheWrite: number;
  /** Written by the model, reasoning included. */
  readonly output: number;
  /** Of `output`, spent thinking. */
  readonly reasoning: number;
  /** Whether the counts were estimated, because the vendor told none. */
  readonly estimated: boolean;
}

/** Splits OpenAI-shaped usage into counts that add up; a vendor's cached count never exceeds its prompt count. */
export function countsOf(usage: Usage): TokenCounts {
  const prompt = atLeast0(usage.prompt_tokens);
  const cacheRead = Math.min(atLeast0(usage.prompt_tokens_details?.cached_tokens), prompt);
  const cacheWrite = Math.min(atLeast0(usage.prompt_tokens_details?.cache_write_tokens), prompt - cacheRead);
  const output = atLeast0(usage.completion_tokens);
  return {
    input: prompt - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    output,
    reasoning: Math.min(atLeast0(usage.completion_tokens_details?.reasoning_tokens), output),
    estimated: usage.estimated === true,
  };
}

/** The way back: counts to OpenAI-shaped usage. */
export function usageOf(counts: TokenCounts): Usage {
  const prompt = counts.input + counts.cacheRead + counts.cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: counts.output,
    total_tokens: prompt + counts.output,
    prompt_tokens_details: { cached_tokens: counts.cacheRead, cache_write_tokens: counts.cacheWrite },
    completion_tokens_details: { reasoning_tokens: counts.reasoning },
    ...(counts.estimated ? { estimated: true } : {}),
  };
}

/** What a provider counted, with its sum where that is missing; `undefined` where it cannot be counts. */
export function readUsage(value: unknown): Usage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const usage = value as Usage;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  if (!isCount(prompt) || !isCount(completion)) return undefined;
  return isCount(total) ? usage : { ...usage, total_tokens: prompt + completion };
}

/** The same counts in an object of their own. */
export function copyUsage(usage: Usage): Usage {
  const copy = { ...usage };
  if (copy.prompt_tokens_details) copy.prompt_tokens_details = { ...copy.prompt_tokens_details };
  if (copy.completion_tokens_details) copy.completion_tokens_details = { ...copy.completion_tokens_details };
  return copy;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function atLeast0(value: number | undefined | null): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}
