interface HeaderReader {
  get(name: string): string | null;
}

/** These headers tell when a window is full again, not when one call fits: waited for a minute at most, milliseconds. */
const MAX_MS = 60_000;
const KINDS = ["-requests", "-tokens", ""] as const;
const DURATION = /^(?:(\d{1,4})h)?(?:(\d{1,4})m(?!s))?(?:(\d{1,6}(?:\.\d{1,6})?)s)?(?:(\d{1,7}(?:\.\d{1,6})?)ms)?$/;
const NUMBER = /^\d{1,16}(?:\.\d{1,6})?$/;

/**
 * A weak hint where `Retry-After` is missing: `x-ratelimit-reset[-requests|-tokens]` of a limit that has nothing left.
 * Reads durations ("6m0s", "20ms"), seconds, and instants (seconds or milliseconds since 1970, ISO). `undefined` where
 * no limit is used up, or its reset cannot be read or is over.
 */
export function rateLimitReset(headers: HeaderReader | undefined, nowWallMs: number): number | undefined {
  let longest: number | undefined;
  for (const kind of KINDS) {
    const left = headers?.get(`x-ratelimit-remaining${kind}`)?.trim();
    if (left !== "0") continue;
    const wait = waitOf(headers?.get(`x-ratelimit-reset${kind}`)?.trim() ?? "", nowWallMs);
    if (wait !== undefined && (longest === undefined || wait > longest)) longest = wait;
  }
  return longest;
}

function waitOf(text: string, nowWallMs: number): number | undefined {
  const waitMs = NUMBER.test(text)
    ? numberMs(Number(text), nowWallMs)
    : (durationMs(text) ?? instantMs(text, nowWallMs));
  return waitMs !== undefined && waitMs > 0 ? Math.min(waitMs, MAX_MS) : undefined;
}

/** Seconds from now, or an instant: nobody waits for 30 years. */
function numberMs(value: number, nowWallMs: number): number {
  if (value >= 1e12) return value - nowWallMs;
  return value >= 1e9 ? value * 1_000 - nowWallMs : value * 1_000;
}

function durationMs(text: string): number | undefined {
  const found = text === "" ? null : DURATION.exec(text);
  if (found === null) return undefined;
  const [, hours = "0", minutes = "0", seconds = "0", ms = "0"] = found;
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000 + Number(ms);
}

function instantMs(text: string, nowWallMs: number): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs - nowWallMs;
}
