import { utf8Length } from "../core/bytes.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/**
 * A request body as a JSON object. Never holds more than `maxBytes` of it.
 *
 * @throws SignalboxError `invalid_request`, path `body`; detail `too_large` beyond `maxBytes`.
 */
export async function readJsonBody(
  body: BodyInit | null | undefined,
  maxBytes: number,
): Promise<{ readonly [field: string]: unknown }> {
  const text = typeof body === "string" ? boundedText(body, maxBytes) : await readText(body, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused("The request body is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as { readonly [field: string]: unknown };
  }
  throw refused("The request body is not a JSON object");
}

function boundedText(text: string, maxBytes: number): string {
  // A character has three bytes at most, so most texts need no counting.
  if (text.length * 3 > maxBytes && utf8Length(text) > maxBytes) throw tooLarge(maxBytes);
  return text;
}

async function readText(body: BodyInit | null | undefined, maxBytes: number): Promise<string> {
  const stream = new Response(body ?? null).body;
  if (stream === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Leaving the loop early cancels the stream: no more of the body is read.
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(maxBytes: number): SignalboxError {
  const message = `The request body has more than ${maxBytes} bytes`;
  return new SignalboxError("invalid_request", message, { path: "body", detail: "too_large" });
}

function refused(message: string): SignalboxError {
  return new SignalboxError("invalid_request", message, { path: "body" });
}
