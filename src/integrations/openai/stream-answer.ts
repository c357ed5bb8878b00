import { type Ask, type Served, streamedAnswer } from "../../serve/answer.js";
import type { Asked } from "../../serve/create-door.js";
import { createSilenceWatch, type EventWriter, eventBody, SILENCE } from "../../serve/event-body.js";
import { EVENT_STREAM_HEADERS, routeHeaders } from "../../serve/headers.js";

/** The heartbeat of this API's streams: a comment, which no client reads. */
export const KEEP_ALIVE = ": keep-alive\n\n";

/** The response begins with the first chunk or the first heartbeat: a failure before that has a status. */
export async function streamAnswer(ask: Ask, { heartbeatMs }: Asked, writer: EventWriter): Promise<Response> {
  const { source, served } = streamedAnswer(ask);
  const watch = createSilenceWatch(heartbeatMs);
  const first = source.next();
  const begun = await watch.wait(first);
  const known: Served = served();
  // A router that does not tell who serves while the stream runs is known by its chunks.
  const model = begun === SILENCE || begun.done ? undefined : begun.value.model;
  const headers = routeHeaders({ model, ...known });
  for (const [name, value] of Object.entries(EVENT_STREAM_HEADERS)) headers.set(name, value);
  const opening = begun === SILENCE ? writer.heartbeat : "";
  return new Response(eventBody(first, source, { writer, opening, watch, signal: ask.options.signal }), { headers });
}
