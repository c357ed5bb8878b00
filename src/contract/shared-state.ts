import type { BreakerState } from "./events.js";

/** A candidate's gate as other processes should know it; durations, because clocks differ between machines. */
export interface SharedGateState {
  /** The breaker's state. */
  readonly state: BreakerState;
  /** For how much longer the breaker stays open, milliseconds. */
  readonly openForMs: number;
  /** For how much longer the cool-down lasts, milliseconds. */
  readonly coolDownForMs: number;
  /** Why the candidate is disabled; `null` if it is not. */
  readonly disabled: string | null;
  /** Why the gate is shut; `null` if it is not. */
  readonly reason: string | null;
}

/** A money budget that a whole fleet shares: a rule, and whose purse of it. */
export interface SharedPurse {
  /** Whose money the rule counts. */
  readonly per: "tenant" | "provider" | "tag" | "router";
  /** The tenant, provider or tag; `"router"` for the router's own. */
  readonly key: string;
  /** The most that may be spent in the window, dollars. */
  readonly maxUsd: number;
  /** The length of the sliding window, milliseconds. */
  readonly windowMs: number;
}

/** Dollars taken from a shared purse; exactly one of the two ends it, later calls do nothing. */
export interface SharedHold {
  /** Books what the call cost, dollars, and frees the rest. */
  settle(usd: number): void;
  /** Frees all that was held. */
  release(): void;
}

/** Why no money could be taken from a shared purse, and when to ask again. */
export interface SharedRefusal {
  /**
   * `"exceeded"`: the fleet's money is spent; `"held"`: calls under way hold what is left; `"unavailable"`: nobody can
   * say, and the rule is to refuse then.
   */
  readonly refused: "exceeded" | "held" | "unavailable";
  /** How long to wait before the next try, milliseconds. */
  readonly retryAfterMs: number;
}

/** Counts and sums over calls to one candidate: they add up over calls, over time and over processes. */
export interface SharedCounts {
  /** Calls that took from a known `rpm` or `tpm`. */
  readonly requests: number;
  /** The estimated tokens of these requests. */
  readonly tokens: number;
  /** Calls that ended and say something about the candidate. */
  readonly successes: number;
  /** Calls that failed. */
  readonly failures: number;
  /** Milliseconds to the whole answer and tokens written, of the successes. */
  readonly latencyMs: number;
  /** Tokens of answers. */
  readonly outputTokens: number;
  /** Answers whose first token was timed, or told from the whole where they came in one piece, and the milliseconds to it. */
  readonly firstTokens: number;
  /** Times to the first token, added up, milliseconds. */
  readonly firstTokenMs: number;
  /** Answers long enough to tell a speed, and their milliseconds per token. */
  readonly paced: number;
  /** Times per token, added up, milliseconds. */
  readonly msPerToken: number;
  /** Answers of known price, and their dollars. */
  readonly priced: number;
  /** What the calls cost, added up, dollars. */
  readonly costUsd: number;
}

/** What a router brings along when it joins a fleet. Its own state stays the fast path. */
export interface SharedStateMember {
  /** Candidate ids, `"provider/model"`. */
  readonly candidates: readonly string[];
  /** What another process saw. */
  apply(candidate: string, state: SharedGateState): void;
  /** Its own view, asked when the fleet's memory was lost. */
  read(candidate: string): SharedGateState;
  /** What was counted here since this was last asked. */
  counted(candidate: string): SharedCounts;
  /** What others counted since the last time. */
  heard(candidate: string, counts: SharedCounts): void;
}

/** A router's place in the fleet. Nothing here throws, rejects or waits, except where it says so. */
export interface SharedStateSession {
  /** Tells the others; call it when a breaker or a cool-down changed here. */
  publish(candidate: string, state: SharedGateState): void;
  /** Whether this process may send the half-open probe: one in the whole fleet may. `true` where nobody can be asked. */
  mayProbe(candidate: string): boolean;
  /** A call to the candidate began (1) or ended (-1) here. */
  calling(candidate: string, change: 1 | -1): void;
  /** Calls under way in the other processes, as last heard. */
  callingElsewhere(candidate: string): number;
  /**
   * Takes money: at once while this process's slice lasts, else a promise that settles within a bounded wait.
   *
   * @param leastUsd what must be unspent; if less than `usd`, the call may run alone in the fleet when the rest does not
   * fit. @default usd
   */
  take(
    purse: SharedPurse,
    usd: number,
    leastUsd?: number,
  ): SharedHold | SharedRefusal | Promise<SharedHold | SharedRefusal>;
  /** Gives back what was leased and leaves. */
  close(): Promise<void>;
}

/** State that several processes share; `signalbox/redis` makes one. */
export interface SharedState {
  /** Adds a router to the fleet; its session ends with `leave`. */
  join(member: SharedStateMember): SharedStateSession;
}
