import type { TransportReader, TransportResponse } from "../contract/transport.js";
import { type Clock, setBackgroundTimeout, systemClock } from "../core/clock.js";
import { brokenBody, cancelBody, tooLarge } from "./http.js";
import type { HttpCall } from "./http-call.js";
import { LIMITS } from "./limits.js";

/** Holds no state between calls; one that streams must make a converter first, 1 us. */
const UTF8 = new TextDecoder("utf-8");

/**
 * A whole body as text, at most `maxBytes` decoded bytes: a `content-length` cannot be trusted once gzip is involved.
 *
 * @throws SignalboxError `response_too_large`; the body is cancelled then.
 */
export async function readText(
  response: TransportResponse,
  options: { readonly maxBytes: number } & Pick<HttpCall, "signal" | "onBytes">,
): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return UTF8.decode(pieces.length === 1 ? pieces[0] : joined(pieces, bytes));
      bytes += value.byteLength;
      if (bytes > options.maxBytes) throw tooLarge(options.maxBytes);
      options.onBytes?.(isBlank(value));
      pieces.push(value);
    }
  } catch (error) {
    cancelBody(reader);
    throw brokenBody(error, options.signal, false);
  }
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** Blank lines, which some vendors send while a request waits for its turn. */
function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x20) return false;
  return true;
}

/** How long an error's body may take: its status has said the most important, milliseconds. */
const ERROR_BODY_MS = 2_000;

/**
 * What an error's body says, as far as 64 KiB and two seconds: read to its end where it is small, so that the connection
 * can be used again, and cancelled where it is not. A body that breaks off or stalls is as good as its beginning.
 */
export async function readErrorText(
  response: TransportResponse,
  { signal, clock = systemClock }: { readonly signal: AbortSignal; readonly clock?: Clock | undefined },
): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const timer = setBackgroundTimeout(clock, () => cancelBody(reader), ERROR_BODY_MS);
  try {
    return await errorText(reader, signal);
  } finally {
    clock.clearTimeout(timer);
  }
}

async function errorText(reader: TransportReader, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder("utf-8");
  let text = "";
  let left: number = LIMITS.errorBytes;
  try {
    while (left > 0) {
      const { value } = await reader.read();
      if (value === undefined) return text + decoder.decode();
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.byteLength;
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
  cancelBody(reader);
  return text;
}
