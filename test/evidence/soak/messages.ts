/** What the soak and its upstreams say to each other. */

/** `mixed`: one request in ten goes wrong. `down`: all do. `good`: none. */
export type Mode = "mixed" | "down" | "good";

/** What the upstreams have seen. */
export interface Counts {
  /** Requests that were read whole. */
  requests: number;
  faults: number;
  /** Connections open now. */
  open: number;
  /** 99th percentile of their event loop's delay since the counts were last asked for, milliseconds. */
  lateMs: number;
}

export interface ToUpstreams {
  readonly id: number;
  readonly mode?: Mode;
}

export type FromUpstreams =
  | { readonly ports: readonly number[] }
  | { readonly answers: number; readonly counts: Counts };
