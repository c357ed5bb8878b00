import type { TransportResponse } from "../contract/transport.js";
import { isSuccess, send } from "./http.js";
import type { HttpCall } from "./http-call.js";
import { parseJson } from "./json.js";
import { LIMITS } from "./limits.js";
import { readErrorText, readText } from "./read-body.js";

/** An answer in one piece, whatever its status. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: TransportResponse["headers"];
  /** Parsed JSON; the text itself where it is not JSON (HTML, half JSON, nested too deep, empty). */
  readonly body: unknown;
  readonly text: string;
}

/**
 * One call, one answer. Never throws for a status (a 3xx among them): `classify` tells what it means.
 *
 * @throws what fetch threw, the abort reason, or SignalboxError `network`, `malformed_response`, `response_too_large`.
 */
export async function requestJson(call: HttpCall): Promise<JsonAnswer> {
  const response = await send(call);
  const { signal, onBytes } = call;
  const text = isSuccess(response.status)
    ? await readText(response, { maxBytes: call.maxBytes ?? LIMITS.unaryBytes, signal, onBytes })
    : await readErrorText(response, call);
  const parsed = parseJson(text);
  return { status: response.status, headers: response.headers, body: parsed === undefined ? text : parsed.value, text };
}
