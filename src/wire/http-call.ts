import type { Transport } from "../contract/transport.js";
import type { Clock } from "../core/clock.js";
import type { KeptConnections } from "./kept-connections.js";

/** One HTTP call to an upstream. */
export interface HttpCall {
  readonly url: string;
  /** @default "POST" */
  readonly method?: "POST" | "GET" | undefined;
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
  /** Aborts the call at any moment, the reading of the body included. Short-lived: one per call. */
  readonly signal: AbortSignal;
  /** @default the global `fetch`, looked up at every call */
  readonly fetch?: typeof fetch | undefined;
  /** Sends the call in place of `fetch`. @default none */
  readonly transport?: Transport | undefined;
  /** The response head is here. */
  readonly onHeaders?: (() => void) | undefined;
  /** Bytes of the body are here; once per network read. `blank`: of a body in one piece, and they say nothing. */
  readonly onBytes?: ((blank?: boolean) => void) | undefined;
  /** Decoded bytes of the answer. @default 16 MiB in one piece, 64 MiB streamed */
  readonly maxBytes?: number | undefined;
  /** The provider's connections, so that a call which meets a closed one is sent again. @default nobody follows them */
  readonly connections?: KeptConnections | undefined;
  /** Bounds how long a finished stream may linger. @default the system clock */
  readonly clock?: Clock | undefined;
}
