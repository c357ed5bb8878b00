const HOUR = 3_600_000;
/** Longest wait a text can ask for, milliseconds: plans reset monthly at the latest. */
const MAX_WAIT_MS = 31 * 24 * HOUR;
/** The furthest a local time can run ahead of UTC. */
const EASTERNMOST_MS = 14 * HOUR;

const INSTANT = /\b(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?/;
const RESET_WORDS = /reset|again|available|until|retry|恢复|重置/i;
/** "1.5s", "20 minutes", "6m0s", "2m 13s", "1 hour and 5 minutes". */
const AFTER =
  /(?:try again|retry|wait|resets?)(?:[ a-z]{0,20} (?:after|in|for):?)? ((?:\d{1,7}(?:\.\d{1,3})? ?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)(?![a-z]) ?(?:and )?){1,4})/i;
const PART = /([\d.]+) ?([a-z]+)/gi;

/**
 * How long to wait, read from a message: "resets at 2026-05-15T15:00:00Z", "try again after 1 seconds", and
 * "will reset at 2026-09-04 19:01:25". The last names no zone, so it gives only the shortest wait it can mean
 * (as if written furthest east), and nothing where that is over. `undefined` where the text names no time.
 */
export function waitFromText(text: string, nowWallMs: number): number | undefined {
  const after = AFTER.exec(text);
  if (after?.[1] !== undefined) {
    let waitMs = 0;
    for (const [, count, unit = "s"] of after[1].matchAll(PART)) waitMs += Number(count) * unitMs(unit);
    return Math.min(waitMs, MAX_WAIT_MS);
  }
  const instant = INSTANT.exec(text);
  if (instant === null || !RESET_WORDS.test(text)) return undefined;
  const zone = instant[3];
  const atMs = Date.parse(`${instant[1]}T${instant[2]}${zone ?? "Z"}`);
  const waitMs = (zone === undefined ? atMs - EASTERNMOST_MS : atMs) - nowWallMs;
  return waitMs > 0 ? Math.min(waitMs, MAX_WAIT_MS) : undefined;
}

function unitMs(unit: string): number {
  const first = unit[0]?.toLowerCase();
  if (first === "h") return HOUR;
  if (first === "s") return 1_000;
  return /^m(?:s|illi)/i.test(unit) ? 1 : 60_000;
}
