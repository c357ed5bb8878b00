import type { BreakerState, HealthStatus } from "../contract/events.js";

/** What health reads of a gate. */
export interface HealthGateView {
  readonly state: BreakerState;
  readonly reason: string | null;
  readonly sinceMs: number;
  readonly coolDownUntilMs: number;
  readonly disabled: string | null;
}

/** What health reads of a candidate's metrics. */
export interface HealthReading {
  readonly attempts: number;
  readonly samples: number;
  readonly successRate: number;
  readonly ttftMs: number;
  quantile(p: number, of: "ttft"): number;
}

export interface Health {
  readonly status: HealthStatus;
  readonly reasons: readonly string[];
}

/** Calls before a share means anything. */
const MIN_SAMPLES = 4;
const UNHEALTHY_BELOW = 0.5;
const DEGRADED_BELOW = 0.9;
/** Of fewer calls only this is said, that nearly all failed: one failure and nothing else comes to 0.63. */
const FEW_BELOW = 0.65;
/** First tokens this many times later than the candidate's own median, and later than a second, are slow. */
const SLOW_FACTOR = 3;
const SLOW_MIN_MS = 1_000;
/** How long a candidate that came back is still called recovering. */
const RECOVERING_MS = 30_000;

/** A pure reading: how a candidate is, and why. */
export function healthOf(gate: HealthGateView, metrics: HealthReading, nowMs: number): Health {
  if (gate.disabled !== null) return { status: "disabled", reasons: [gate.disabled] };
  if (gate.state === "open") return { status: "unhealthy", reasons: [`breaker open: ${gate.reason ?? "failures"}`] };
  if (gate.state === "half_open")
    return { status: "recovering", reasons: [`breaker half-open after: ${gate.reason ?? "failures"}`] };
  const reasons: string[] = [];
  let status: HealthStatus = metrics.attempts === 0 ? "unknown" : "healthy";
  if (nowMs < gate.coolDownUntilMs) {
    reasons.push(`cooling down: ${gate.reason ?? "rate limit"}`);
    status = "degraded";
  }
  // Rounded: what four calls in a row weigh has decayed a little by the fourth.
  const enough = Math.round(metrics.samples) >= MIN_SAMPLES;
  if (enough && metrics.successRate < DEGRADED_BELOW) {
    reasons.push(`${percent(metrics.successRate)} of recent calls succeed`);
    status = metrics.successRate < UNHEALTHY_BELOW ? "unhealthy" : "degraded";
  } else if (metrics.attempts > 0 && metrics.successRate < FEW_BELOW) {
    reasons.push("nearly all of its few recent calls failed");
    status = "degraded";
  }
  const median = metrics.quantile(0.5, "ttft");
  if (enough && metrics.ttftMs > SLOW_MIN_MS && metrics.ttftMs > SLOW_FACTOR * median) {
    reasons.push(`first token after ${Math.round(metrics.ttftMs)} ms, usually ${Math.round(median)} ms`);
    if (status === "healthy") status = "degraded";
  }
  if (status === "healthy" && gate.reason !== null && nowMs - gate.sinceMs < RECOVERING_MS) {
    return { status: "recovering", reasons: [`breaker closed ${Math.round((nowMs - gate.sinceMs) / 1_000)} s ago`] };
  }
  return { status, reasons };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
