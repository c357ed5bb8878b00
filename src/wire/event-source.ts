import type { TransportResponse } from "../contract/transport.js";
import type { SseEvent } from "./sse.js";

/** A stream of server-sent events, or the body that came in its place. */
export interface EventSource {
  readonly status: number;
  readonly headers: TransportResponse["headers"];
  /** Lower case, `""` where absent. */
  readonly contentType: string;
  /** The whole body, where the answer is an error (not 2xx) or turned out to be no event stream; else `undefined`. */
  readonly text: string | undefined;
  /** That body, parsed, where it is JSON. */
  readonly json: unknown;
  /** The bytes ended inside an event, which was dropped. */
  readonly truncated: boolean;
  /** An event that is already parsed, else `undefined`. Throws what `next` would. */
  poll(): SseEvent | undefined;
  /** The next event, waiting for it; `null` at the end. Look at `text` then: a body that was no stream shows there. */
  next(): Promise<SseEvent | null>;
  /** Leaves at once; the connection is closed. */
  cancel(): void;
  /** The last word was said (`[DONE]`): lets the connection end by itself and be kept, 2 s at most. */
  finish(): void;
}
