import type { SharedStateMember } from "../contract/shared-state.js";
import type { Clock } from "../core/clock.js";
import type { Limiter } from "../resilience/limiter.js";
import type { PlannedCandidate } from "./candidates.js";

/** What the fleet needs of this router, and what it does with what others saw: gates, metrics and rate limits hear it. */
export function createFleetMember(candidates: readonly PlannedCandidate[], clock: Clock): SharedStateMember {
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const known = (id: string): PlannedCandidate => byId.get(id) as PlannedCandidate;
  // Models of one provider may share a limiter; the first of them tells what was taken from it.
  const tellers = new Map<Limiter, PlannedCandidate>();
  for (const candidate of candidates) {
    const { limiter } = candidate;
    if (limiter && !tellers.has(limiter)) tellers.set(limiter, candidate);
  }
  return {
    candidates: [...byId.keys()],
    apply: (id, state) => known(id).gate.applyRemote(state, clock.now()),
    read: (id) => known(id).gate.exportState(clock.now()),
    counted(id) {
      const candidate = known(id);
      const { limiter, metrics } = candidate;
      const counts = metrics.untold();
      return limiter && tellers.get(limiter) === candidate ? { ...counts, ...limiter.untold() } : counts;
    },
    heard(id, counts) {
      const { limiter, metrics } = known(id);
      limiter?.takenElsewhere(counts.requests, counts.tokens);
      if (counts.successes + counts.failures > 0) metrics.hear(counts);
    },
  };
}
