import { STATUS_CODES } from "node:http";

export type Headers = { readonly [name: string]: string | number | readonly string[] };

/** A response head, the blank line included. A header with several values is written several times. */
export function head(status: number, headers: Headers = {}): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Odd"}`];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${one}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A whole answer with its length. */
export function whole(status: number, body: string | Uint8Array, headers: Headers = {}): Buffer {
  const bytes = Buffer.from(body as string);
  const hasBody = status !== 204 && status !== 304;
  const length = hasBody ? { "content-length": bytes.length } : {};
  return Buffer.concat([Buffer.from(head(status, { ...length, ...headers })), hasBody ? bytes : Buffer.alloc(0)]);
}

/** One piece of a chunked body. */
export function chunk(bytes: string | Uint8Array): Buffer {
  const piece = Buffer.from(bytes as string);
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}

/** What ends a chunked body. */
export const LAST_CHUNK = "0\r\n\r\n";

export const SSE_HEADERS: Headers = { "content-type": "text/event-stream", "transfer-encoding": "chunked" };
export const JSON_HEADERS: Headers = { "content-type": "application/json" };
