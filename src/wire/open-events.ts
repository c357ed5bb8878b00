import type { TransportResponse } from "../contract/transport.js";
import { EventBody } from "./event-body.js";
import type { EventSource } from "./event-source.js";
import { cancelBody, isSuccess, send } from "./http.js";
import type { HttpCall } from "./http-call.js";
import { parseJson } from "./json.js";
import { readErrorText } from "./read-body.js";

/**
 * Opens a stream. Never throws for a status. A 2xx counts as events whatever its content type says, unless its first
 * character is that of JSON, HTML or other text; then it is read whole into `text` (at most 16 MiB).
 *
 * @throws what fetch threw, the abort reason, or SignalboxError (`stream_interrupted/cut`, `response_too_large`, ...).
 */
export async function openEvents(call: HttpCall): Promise<EventSource> {
  const response = await send(call);
  const contentType = (response.headers.get("content-type") ?? "").toLowerCase();
  if (!isSuccess(response.status) || response.body === null) {
    if (call.signal.aborted) cancelBody(response.body?.getReader() ?? null);
    return settled(response, contentType, await readErrorText(response, call));
  }
  return new EventBody(response, response.body.getReader(), contentType, call);
}

function settled(response: TransportResponse, contentType: string, text: string): EventSource {
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
