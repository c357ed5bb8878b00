import { isObject } from "../chat/check-value.js";
import type { KeptVerdict, Verdict, VerdictEvidence } from "../contract/verdict.js";
import type { Circuit } from "./circuit.js";

/** A verdict of a circuit, its times on the clock's monotonic scale. */
interface Standing extends KeptVerdict {
  readonly sinceMs: number;
  readonly evidence: VerdictEvidence;
}

/** What keeps calls away from this circuit now. */
function standing(circuit: Circuit, scope: KeptVerdict["scope"], nowMs: number): readonly Standing[] {
  const { breaker, disabledBy, disabledAtMs } = circuit;
  const { requests, successes, sinceMs } = circuit.evidence;
  const evidence = { requests, successes, sinceMs };
  const found: Standing[] = [];
  if (disabledBy !== null) {
    const none = { requests: 0, successes: 0, sinceMs: disabledAtMs };
    found.push({ scope, by: "hand", reason: disabledBy, evidence: none, sinceMs: disabledAtMs, forMs: null });
  }
  if (breaker.state(nowMs) !== "closed") {
    const by = circuit.barred ? "answer" : "breaker";
    const forMs = Math.max(0, breaker.openUntilMs - nowMs);
    found.push({ scope, by, reason: breaker.reason ?? "failures", evidence, sinceMs: breaker.sinceMs, forMs });
  }
  for (const coolDown of [circuit.coolDown, circuit.softCoolDown]) {
    if (!coolDown.active(nowMs)) continue;
    const { sinceMs, untilMs, reason } = coolDown;
    found.push({ scope, by: "cool_down", reason: reason ?? "cool-down", evidence, sinceMs, forMs: untilMs - nowMs });
  }
  return found;
}

/** What keeps calls away, as `health()` tells it: times on the wall clock. */
export function verdictsOf(
  circuit: Circuit,
  scope: KeptVerdict["scope"],
  nowMs: number,
  wallNowMs: number,
): readonly Verdict[] {
  const toWallMs = wallNowMs - nowMs;
  return standing(circuit, scope, nowMs).map(({ reason, evidence, sinceMs, forMs }) => ({
    scope,
    reason,
    evidence: { ...evidence, sinceMs: evidence.sinceMs + toWallMs },
    sinceMs: sinceMs + toWallMs,
    untilMs: forMs === null ? null : wallNowMs + forMs,
  }));
}

/** What keeps calls away, for a later process. */
export function keptVerdicts(circuit: Circuit, scope: KeptVerdict["scope"], nowMs: number): readonly KeptVerdict[] {
  return standing(circuit, scope, nowMs).map(({ by, reason, forMs }) => ({ scope, by, reason, forMs }));
}

/** Whether this is a verdict that `exportState()` may have told. */
export function isKeptVerdict(value: unknown): value is KeptVerdict {
  if (!isObject(value)) return false;
  const { scope, by, reason, forMs } = value as { readonly [name: string]: unknown };
  const isScope = scope === "candidate" || scope === "provider";
  const isBy = by === "hand" || by === "answer" || by === "breaker" || by === "cool_down";
  const isTime = by === "hand" ? forMs === null : typeof forMs === "number" && forMs >= 0 && forMs < Infinity;
  return isScope && isBy && isTime && typeof reason === "string" && reason.length <= 1_000;
}
