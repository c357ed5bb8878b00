interface HeaderReader {
  get(name: string): string | null;
}

/** These headers tell when a window is full again, not when one call fits: waited for a minute at most, milliseconds. */
const MAX_MS = 60_000;
/** Pairs of headers: what is left of a limit, and when it is full again. The last four are Anthropic's. */
const LIMITS: readonly (readonly [remaining: string, reset: string])[] = [
  ["x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
  ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
  ...["requests", "tokens", "input-tokens", "output-tokens"].map(
    (kind) => [`anthropic-ratelimit-${kind}-remaining`, `anthropic-ratelimit-${kind}-reset`] as const,
  ),
];
const DURATION = /^(?:(\d{1,4})h)?(?:(\d{1,4})m(?!s))?(?:(\d{1,6}(?:\.\d{1,6})?)s)?(?:(\d{1,7}(?:\.\d{1,6})?)ms)?$/;
const NUMBER = /^\d{1,16}(?:\.\d{1,6})?$/;

/**
 * A weak hint if `Retry-After` is missing: `x-ratelimit-reset[-requests|-tokens]` or `anthropic-ratelimit-*-reset` of a
 * limit that has nothing left.
 * Reads durations ("6m0s", "20ms"), seconds, and instants (seconds or milliseconds since 1970, ISO). `undefined` where
 * no limit is used up, or its reset cannot be read or is over.
 */
export function rateLimitReset(headers: HeaderReader, nowWallMs: number): number | undefined {
  let longest = 0;
  for (const [remaining, reset] of LIMITS) {
    if (headers.get(remaining)?.trim() !== "0") continue;
    const text = headers.get(reset)?.trim() ?? "";
    const waitMs = NUMBER.test(text) ? numberMs(Number(text), nowWallMs) : durationMs(text);
    longest = Math.max(longest, waitMs ?? instantMs(text, nowWallMs));
  }
  return longest > 0 ? Math.min(longest, MAX_MS) : undefined;
}

/** Seconds from now, or an instant: nobody waits for 30 years. */
function numberMs(value: number, nowWallMs: number): number {
  if (value >= 1e12) return value - nowWallMs;
  return value >= 1e9 ? value * 1_000 - nowWallMs : value * 1_000;
}

function durationMs(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (found === null) return undefined;
  const [, hours = 0, minutes = 0, seconds = 0, ms = 0] = found;
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000 + Number(ms);
}

/** 0 where the text is not an instant. */
function instantMs(text: string, nowWallMs: number): number {
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) - nowWallMs || 0 : 0;
}
