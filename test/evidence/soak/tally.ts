/** How requests ended, from the callers' side. */
export interface Tally {
  started: number;
  success: number;
  error: number;
  cancelled: number;
  /** Of those started, questions asked only to be answered by the cache. */
  repeated: number;
  /** Ends that are no success, by kind and detail. */
  readonly kinds: Map<string, number>;
  /** Things thrown that are no error of this library; there must be none. */
  readonly strangers: string[];
  /** Answers that were cut, or another request's; there must be none. */
  readonly lies: string[];
  /** Abort listeners that stayed on a caller's own signal; there must be none. */
  listeners: number;
}

export function createTally(): Tally {
  return {
    started: 0,
    success: 0,
    error: 0,
    cancelled: 0,
    repeated: 0,
    kinds: new Map(),
    strangers: [],
    lies: [],
    listeners: 0,
  };
}
