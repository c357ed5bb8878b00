import type { TransportReader, TransportResponse } from "../contract/transport.js";
import { nextTurn } from "../core/turn.js";
import type { EventSource } from "./event-source.js";
import { brokenBody, cancelBody, linger, tooLarge } from "./http.js";
import type { HttpCall } from "./http-call.js";
import { parseJson } from "./json.js";
import { LIMITS } from "./limits.js";
import { createSseParser, type SseEvent, type SseParser } from "./sse.js";

/** What may precede the first character that tells a body's form. */
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
/** `{`, `[` and `<`. No line of an event stream begins so. */
const NOT_EVENTS = new Set([0x7b, 0x5b, 0x3c]);
/** `d`ata, `e`vent, `i`d, `r`etry and comments: how lines of a stream begin that does not call itself one. */
const EVENTS = new Set([0x64, 0x65, 0x69, 0x72, 0x3a]);

/** Bytes after which a stream lets others have a turn: reads that are ready follow each other without one. */
const TURN_BYTES = 262_144;

/** The body of a 2xx under an SSE request: read only when asked, all events of one network read parsed together. */
export class EventBody implements EventSource {
  readonly status: number;
  readonly headers: TransportResponse["headers"];
  readonly contentType: string;
  text: string | undefined = undefined;
  json: unknown = undefined;
  truncated = false;
  readonly #reader: TransportReader;
  readonly #call: HttpCall;
  readonly #parser: SseParser = createSseParser();
  #bytes = 0;
  #turnAt = TURN_BYTES;
  #ended = false;
  /** `undefined` until the first character that tells; then whether the body is something else than events. */
  #whole: boolean | undefined = undefined;
  #decoder: TextDecoder | undefined = undefined;

  constructor(response: TransportResponse, reader: TransportReader, contentType: string, call: HttpCall) {
    this.status = response.status;
    this.headers = response.headers;
    this.contentType = contentType;
    this.#reader = reader;
    this.#call = call;
  }

  poll(): SseEvent | undefined {
    const event = this.#parser.take();
    if (event !== undefined || this.#parser.failure === undefined) return event;
    this.cancel();
    throw this.#parser.failure;
  }

  async next(): Promise<SseEvent | null> {
    for (;;) {
      const event = this.poll();
      if (event !== undefined) return event;
      if (this.#ended) return null;
      await this.#read();
    }
  }

  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    cancelBody(this.#reader);
  }

  finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    linger(this.#reader, this.#call.clock);
  }

  async #read(): Promise<void> {
    let chunk: Uint8Array | undefined;
    try {
      chunk = (await this.#reader.read()).value;
    } catch (error) {
      this.#ended = true;
      throw brokenBody(error, this.#call.signal, true);
    }
    if (this.#ended) return;
    if (chunk === undefined) return this.#end();
    this.#bytes += chunk.byteLength;
    if (this.#bytes >= this.#turnAt) {
      this.#turnAt = this.#bytes + TURN_BYTES;
      await nextTurn();
      if (this.#ended) return;
    }
    const maxBytes = this.#call.maxBytes ?? (this.#whole === true ? LIMITS.unaryBytes : LIMITS.streamBytes);
    if (this.#bytes > maxBytes) {
      this.cancel();
      throw tooLarge(maxBytes);
    }
    this.#call.onBytes?.();
    if (this.#whole === undefined) this.#tell(chunk);
    if (this.#whole === true) this.text = (this.text ?? "") + this.#decoder?.decode(chunk, { stream: true });
    else this.#parser.push(chunk);
  }

  #tell(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (BLANK.has(byte)) continue;
      this.#whole = NOT_EVENTS.has(byte) || !(EVENTS.has(byte) || this.contentType.includes("event-stream"));
      if (this.#whole) this.#decoder = new TextDecoder("utf-8");
      return;
    }
  }

  #end(): void {
    this.#ended = true;
    if (this.#whole === true) {
      this.text += this.#decoder?.decode() ?? "";
      this.json = parseJson(this.text ?? "")?.value;
    } else {
      this.truncated = this.#parser.end().truncated;
      // No byte that could be told: an empty body, not an empty stream.
      if (this.#whole === undefined) this.text = "";
    }
  }
}
