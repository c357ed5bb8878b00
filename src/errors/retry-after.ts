/** The longest wait a header can ask of us, milliseconds: one hour. */
const MAX_RETRY_AFTER_MS = 3_600_000;

interface HeaderReader {
  get(name: string): string | null;
}

// Whole value or nothing: parseFloat would read "2, 5" as 2 and "1e9" as a billion seconds.
const DECIMAL = /^\d{1,15}(?:\.\d{1,9})?$/;
const IMF_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How long the vendor asks us to wait, milliseconds in [0, 1 h]; longer hints are cut to one hour.
 * Reads `retry-after-ms`, then `retry-after` as seconds or as an HTTP date. A date counts from the response's own
 * `Date` header where there is one, so a wrong local clock does no harm. Anything else (negative, past, `abc`, two
 * values) is `undefined`: the caller's own backoff applies.
 */
export function parseRetryAfter(headers: HeaderReader | undefined, nowWallMs: number): number | undefined {
  if (headers === undefined) return undefined;
  const ms = decimal(headers.get("retry-after-ms"));
  if (ms !== undefined) return Math.min(ms, MAX_RETRY_AFTER_MS);
  const raw = headers.get("retry-after");
  const seconds = decimal(raw);
  if (seconds !== undefined) return Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS);
  const waitMs = (imfDate(raw) ?? Number.NaN) - (imfDate(headers.get("date")) ?? nowWallMs);
  return waitMs > 0 ? Math.min(waitMs, MAX_RETRY_AFTER_MS) : undefined;
}

function decimal(value: string | null): number | undefined {
  const text = value?.trim() ?? "";
  return DECIMAL.test(text) ? Number(text) : undefined;
}

function imfDate(value: string | null): number | undefined {
  const text = value?.trim() ?? "";
  const atMs = IMF_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}
