import { EventBody } from "./event-body.js";
import { cancelBody, type HttpCall, send } from "./http.js";
import { parseJson } from "./json.js";
import { readErrorText } from "./read-body.js";
import type { SseEvent } from "./sse.js";

/** A stream of server-sent events, or the body that came in its place. */
export interface EventSource {
  readonly status: number;
  readonly headers: Headers;
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

/**
 * Opens a stream. Never throws for a status. A 2xx counts as events whatever its content type says, unless its first
 * character is that of JSON or HTML; then it is read whole into `text` (at most 16 MiB).
 *
 * @throws what fetch threw, the abort reason, or SignalboxError (`stream_interrupted/cut`, `response_too_large`, ...).
 */
export async function openEvents(call: HttpCall): Promise<EventSource> {
  const response = await send(call);
  const contentType = (response.headers.get("content-type") ?? "").toLowerCase();
  if (!response.ok || response.body === null) {
    if (call.signal.aborted) cancelBody(response.body);
    return settled(response, contentType, await readErrorText(response, call));
  }
  const source = new EventBody(response, response.body, contentType, call);
  // Wait for the first bytes only where the head leaves a doubt.
  if (!contentType.includes("event-stream")) await source.sniff();
  return source;
}

function settled(response: Response, contentType: string, text: string): EventSource {
  return {
    status: response.status,
    headers: response.headers,
    contentType,
    text,
    json: parseJson(text)?.value,
    truncated: false,
    poll: () => undefined,
    next: async () => null,
    cancel: () => {},
    finish: () => {},
  };
}
