import { isObject } from "../chat/check-value.js";
import type { KeptVerdict } from "../contract/verdict.js";
import type { Clock } from "../core/clock.js";
import { isKeptVerdict } from "../resilience/verdicts.js";
import type { PlannedCandidate } from "./candidates.js";

/** What `exportState()` tells of verdicts. */
interface VerdictState {
  /** The wall clock's reading, milliseconds since 1970. */
  readonly atMs: number;
  /** By candidate id. */
  readonly of: { readonly [id: string]: readonly KeptVerdict[] };
}

/** What keeps calls away from whom, as plain JSON; `undefined` if nothing does. */
export function exportVerdicts(candidates: readonly PlannedCandidate[], clock: Clock): VerdictState | undefined {
  const nowMs = clock.now();
  const of: { [id: string]: readonly KeptVerdict[] } = {};
  for (const { id, gate } of candidates) {
    const kept = gate.keptVerdicts(nowMs);
    if (kept.length > 0) of[id] = kept;
  }
  return Object.keys(of).length > 0 ? { atMs: clock.wallNow(), of } : undefined;
}

/**
 * Takes up what an earlier process told of candidates that are still there. No verdict lasts longer than it could have
 * lasted live, whatever the state says. Returns why it cannot be used, if it cannot.
 */
export function restoreVerdicts(
  state: unknown,
  candidates: readonly PlannedCandidate[],
  clock: Clock,
): string | undefined {
  if (!isObject(state) || state.verdicts === undefined) return undefined;
  const { verdicts } = state;
  const wrong = "The state's verdicts are not what exportState() tells; they are ignored";
  if (!isObject(verdicts) || typeof verdicts.atMs !== "number" || !isObject(verdicts.of)) return wrong;
  const nowMs = clock.now();
  const elapsedMs = Math.max(0, clock.wallNow() - verdicts.atMs);
  let problem: string | undefined;
  for (const { id, gate } of candidates) {
    const kept: unknown = Object.hasOwn(verdicts.of, id) ? verdicts.of[id] : [];
    if (!Array.isArray(kept)) problem = wrong;
    else {
      for (const verdict of kept.slice(0, 8)) {
        if (isKeptVerdict(verdict)) gate.restore(verdict, elapsedMs, nowMs);
        else problem = wrong;
      }
    }
  }
  return problem;
}
