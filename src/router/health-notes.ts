import type { BreakerState } from "../contract/events.js";
import type { Candidate } from "../engine/candidate.js";
import { type Health, healthOf } from "../metrics/health.js";
import type { RouterParts } from "./parts.js";

/** How a candidate is, and since when, on the clock's monotonic scale. */
export interface NotedHealth extends Health {
  readonly sinceMs: number;
  readonly breaker: BreakerState;
}

/** Reads a candidate's health; whoever reads first that it has changed tells the listeners. */
export function noteHealth({ events, healthTold }: RouterParts, candidate: Candidate, nowMs: number): NotedHealth {
  candidate.metrics.refresh(nowMs);
  const view = candidate.gate.view(nowMs);
  const health = healthOf(view, candidate.metrics, nowMs);
  const { status, reasons } = health;
  const told = healthTold.get(candidate.id);
  if (told?.status === status) return { ...health, sinceMs: told.sinceMs, breaker: view.state };
  // A breaker knows when it changed; of everything else it is known when it was noticed.
  const sinceMs = status !== "disabled" && view.state !== "closed" ? Math.min(view.sinceMs, nowMs) : nowMs;
  healthTold.set(candidate.id, { status, sinceMs });
  const from = told?.status ?? "unknown";
  if (from !== status && events.has("health"))
    events.emit("health", { candidate: candidate.id, from, to: status, reasons });
  return { ...health, sinceMs, breaker: view.state };
}
