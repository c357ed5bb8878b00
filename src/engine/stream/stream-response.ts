import { invalidOption, SignalboxError } from "../../errors/signalbox-error.js";
import type { ChunkSource } from "../../serve/answer.js";
import { createSilenceWatch, type EventWriter, eventBody, SILENCE } from "../../serve/event-body.js";
import { EVENT_STREAM_HEADERS } from "../../serve/headers.js";
import type { ReplyIterator } from "./reply-iterator.js";

/** How a stream becomes a `Response`. */
export interface StreamResponseInit {
  /** Headers of your own, over those of an event stream. @default none */
  readonly headers?: Record<string, string> | undefined;
  /**
   * Milliseconds of silence after which a comment is sent, so that no proxy takes the stream for dead. If nothing has come
   * by then, the response begins with it. 0 for none. @default 15_000
   */
  readonly heartbeatMs?: number | undefined;
}

const WRITER: EventWriter = {
  chunk: (chunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  end: () => "data: [DONE]\n\n",
  fail: (thrown) => `data: ${JSON.stringify({ error: errorBody(thrown) })}\n\n`,
  heartbeat: ": keep-alive\n\n",
};

/**
 * A stream as server-sent events: one `data:` line per chunk, `[DONE]` at the end, an `error` object where it is cut. What
 * fails before the first chunk or heartbeat has a status of its own (`error.httpStatus`) and a JSON body.
 *
 * @throws SignalboxError `invalid_options` for a wrong `heartbeatMs`.
 */
export async function streamResponse(iterator: ReplyIterator, init: StreamResponseInit = {}): Promise<Response> {
  const { headers: own = {}, heartbeatMs = 15_000 } = init;
  if (!Number.isFinite(heartbeatMs) || heartbeatMs < 0)
    throw invalidOption("heartbeatMs", "must be milliseconds, 0 or more");
  const source: ChunkSource = {
    next: () => iterator.next(),
    poll: () => iterator.poll(),
    leave: () => void iterator.return?.(),
  };
  const watch = createSilenceWatch(heartbeatMs);
  const first = iterator.next();
  try {
    const begun = await watch.wait(first);
    const opening = begun === SILENCE ? WRITER.heartbeat : "";
    const body = eventBody(first, source, { writer: WRITER, opening, watch });
    return new Response(body, { headers: { ...EVENT_STREAM_HEADERS, ...own } });
  } catch (thrown) {
    watch.stop();
    return errorResponse(thrown, own);
  }
}

function errorResponse(thrown: unknown, own: Record<string, string>): Response {
  const known = SignalboxError.isInstance(thrown) ? thrown : undefined;
  const headers = new Headers({ ...own, "content-type": "application/json" });
  const { retryAfterMs } = known ?? {};
  if (retryAfterMs !== undefined && Number.isFinite(retryAfterMs)) {
    headers.set("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
  }
  return new Response(JSON.stringify({ error: errorBody(thrown) }), { status: known?.httpStatus ?? 502, headers });
}

/** An error as OpenAI's wire says it. */
function errorBody(thrown: unknown): { message: string; type: string; code: string } {
  if (SignalboxError.isInstance(thrown)) return { message: thrown.message, type: "signalbox_error", code: thrown.kind };
  return { message: "The stream failed", type: "signalbox_error", code: "server" };
}
