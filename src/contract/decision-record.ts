import type { ErrorKind } from "../errors/kinds.js";
import type { CandidateSnapshot, Characteristics } from "./strategy.js";

/** A candidate as it stood when a request was decided: every number a strategy may read. */
export type LoggedCandidate = Omit<CandidateSnapshot, "info">;

/** One decision with what came of it; plain JSON without a word of the request. One line of a decision log. */
export interface DecisionRecord {
  readonly version: 1;
  readonly requestId: string;
  /** Wall-clock milliseconds since 1970. */
  readonly atMs: number;
  readonly strategy: string;
  /** The number of the decision, as strategies see it. */
  readonly sequence: number;
  readonly characteristics: Omit<Characteristics, "knownKind">;
  /** Who could have run, in listed order. `Infinity` is written as `null`. */
  readonly candidates: readonly LoggedCandidate[];
  /** Who went first. */
  readonly chosen: string;
  /** The chance with which `chosen` went first: the strategy's word, or an estimate from deciding again. */
  readonly propensity: number;
  readonly outcome: DecisionOutcome;
}

export interface DecisionOutcome {
  /** How the request ended. */
  readonly result: "ok" | ErrorKind;
  /** How the first choice's own call ended; what a replay judges by. */
  readonly first: "success" | ErrorKind;
  readonly firstLatencyMs: number;
  readonly firstCostUsd: number | null;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  readonly costUsd: number | null;
  readonly attempts: number;
}
