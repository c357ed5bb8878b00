import { setTimeout as sleep } from "node:timers/promises";
import type { EventMap, Router } from "../../../src/index.js";
import type { Callers } from "./callers.js";
import type { Upstreams } from "./upstream-process.js";

/** What one full outage cost. */
export interface OutageReport {
  /** In flight when the first breaker opened, and started from then to the end of the outage. */
  readonly requests: number;
  /** Upstream calls that were started in that time. */
  readonly attempts: number;
  /** From the start of the outage to the first opening, milliseconds; `null` where none opened. */
  readonly openedAfterMs: number | null;
  /** From the end of the outage to the first good answer, milliseconds; `null` where none came. */
  readonly recoveredAfterMs: number | null;
}

/** Breakers may stay open for a while after the last failure; one request a second is let through all the same. */
const RECOVERY_MS = 20_000;

/** All upstreams fail at once, for `downMs`, under full load; then they are well again. */
export async function sufferOutage(
  router: Router,
  callers: Callers,
  upstreams: Upstreams,
  concurrency: number,
  downMs: number,
): Promise<OutageReport> {
  let downAtMs = Number.POSITIVE_INFINITY;
  let openedAtMs = Number.POSITIVE_INFINITY;
  let upAtMs = Number.POSITIVE_INFINITY;
  let recoveredAfterMs: number | null = null;
  let startedBefore = 0;
  let requests = 0;
  let attempts = 0;
  const onBreaker = ({ to }: EventMap["breaker"]): void => {
    const nowMs = performance.now();
    if (to !== "open" || nowMs < downAtMs || openedAtMs < nowMs) return;
    openedAtMs = nowMs;
    startedBefore = callers.tally.started - callers.inFlight;
  };
  const onAttempt = ({ startedAtMs, settledAtMs, outcome }: EventMap["attempt"]): void => {
    if (startedAtMs >= openedAtMs && startedAtMs < upAtMs) attempts += 1;
    if (outcome === "success" && startedAtMs > upAtMs) recoveredAfterMs ??= settledAtMs - upAtMs;
  };
  router.on("breaker", onBreaker).on("attempt", onAttempt);
  // The rounds before have left their marks on the breakers.
  router.reset();
  await upstreams.be("good");
  let over = false;
  const busy = callers.keepBusy(concurrency, () => over);
  await sleep(1_000);
  await upstreams.be("down");
  downAtMs = performance.now();
  await sleep(downMs);
  requests = callers.tally.started - startedBefore;
  upAtMs = performance.now();
  await upstreams.be("good");
  while (recoveredAfterMs === null && performance.now() < upAtMs + RECOVERY_MS) await sleep(50);
  over = true;
  await busy;
  router.off("breaker", onBreaker).off("attempt", onAttempt);
  return {
    requests: openedAtMs === Number.POSITIVE_INFINITY ? 0 : requests,
    attempts,
    openedAfterMs: openedAtMs === Number.POSITIVE_INFINITY ? null : openedAtMs - downAtMs,
    recoveredAfterMs,
  };
}
