/** A candidate's two labels. */
export interface CandidateLabels extends Partial<Record<string, string>> {
  readonly provider: string;
  readonly model: string;
}

/** Candidates are configured, so there are few; a guard all the same. */
const MAX_CANDIDATES = 1_024;

/** Labels by candidate id (`"provider/model"`), made once. Past the guard all share `other`. */
export function createLabels(): (candidate: string) => CandidateLabels {
  const known = new Map<string, CandidateLabels>();
  const other: CandidateLabels = { provider: "other", model: "other" };
  return (candidate) => {
    const found = known.get(candidate);
    if (found) return found;
    if (known.size >= MAX_CANDIDATES) return other;
    const slash = candidate.indexOf("/");
    const labels = { provider: candidate.slice(0, slash), model: candidate.slice(slash + 1) };
    known.set(candidate, labels);
    return labels;
  };
}

/** Milliseconds in seconds, as Prometheus counts. */
export function seconds(ms: number): number {
  return ms / 1_000;
}
