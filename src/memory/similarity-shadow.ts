import { likeness, read } from "./similarity-reading.js";

/** What the shadow mode has found. */
export interface ShadowStats {
  /** Matches whose stored answer was held against a fresh one. */
  readonly observed: number;
  /** Answers that would have been wrong. */
  readonly disagreed: number;
  /** The share that would have been answered differently; 0 before the first. */
  readonly falseHitRate: number;
  /** The upper end of the 95 % interval (Wilson) of that share; 1 before the first. */
  readonly falseHitRateUpper: number;
}

export interface Shadow {
  /** Whether the two answers agree. */
  observe(stored: string, fresh: string): boolean;
  stats(): ShadowStats;
}

/** Only so much of an answer is compared, characters. */
const COMPARED = 4_000;

/** Two answers of one model to one question share about this many of their words at least. */
const ALIKE = 0.5;

/** Two standard deviations. */
const Z = 1.96;

/** Counts how often answers agree. A comparison that throws counts as a disagreement. */
export function createShadow(agree: (stored: string, fresh: string) => boolean): Shadow {
  let observed = 0;
  let disagreed = 0;
  return {
    observe(stored, fresh) {
      let same = false;
      try {
        same = agree(stored, fresh) === true;
      } catch {}
      observed++;
      if (!same) disagreed++;
      return same;
    },
    stats: () => ({
      observed,
      disagreed,
      falseHitRate: observed === 0 ? 0 : disagreed / observed,
      falseHitRateUpper: upperEnd(disagreed, observed),
    }),
  };
}

/** Whether two answers say about the same, without a model: the same numbers and negations, and most words in common. */
export function sameAnswer(stored: string, fresh: string): boolean {
  const plain = (text: string) => text.trim().toLowerCase();
  if (plain(stored) === plain(fresh)) return true;
  const one = read(stored.slice(0, COMPARED));
  const other = read(fresh.slice(0, COMPARED));
  if (one === null || other === null) return false;
  if (one.signature === other.signature) return true;
  const short = stored.length < 200 && fresh.length < 200;
  if (short && (one.numbers !== other.numbers || one.negations !== other.negations)) return false;
  return likeness(one, other) >= ALIKE;
}

function upperEnd(events: number, total: number): number {
  if (total === 0) return 1;
  const share = events / total;
  const middle = share + (Z * Z) / (2 * total);
  const spread = Z * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return Math.min(1, (middle + spread) / (1 + (Z * Z) / total));
}
