import { utf8Length } from "../core/bytes.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { LIMITS } from "./limits.js";

/** One server-sent event; `event` is `"message"` where the server named none. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Limits of {@link createSseParser}, decoded bytes. */
export interface SseParserOptions {
  /** @default 1048576 (1 MiB) */
  readonly maxLineBytes?: number | undefined;
  /** @default 4194304 (4 MiB) */
  readonly maxEventBytes?: number | undefined;
  /** @default 200000 */
  readonly maxEvents?: number | undefined;
}

/** Bytes in, events out; nothing throws, a broken limit shows in `failure` once the events before it are taken. */
export interface SseParser {
  /** Parses all of one network read. */
  push(bytes: Uint8Array): void;
  /** The next event, or `undefined` where none is ready. */
  take(): SseEvent | undefined;
  /** Says that no more bytes come. `truncated`: the bytes ended inside an event, which is dropped. */
  end(): { readonly truncated: boolean };
  /** Set once a limit is passed; bytes after that are ignored. */
  readonly failure: SignalboxError | undefined;
}

const LF = 10;
const SPACE = 32;
const COLON = 58;
const LETTER_D = 100;
const LETTER_E = 101;

/**
 * An SSE parser after the WHATWG rules: LF, CR and CRLF (also split over two reads), one BOM, comments, several `data`
 * lines, `data:x` without a space, unknown fields ignored. Bytes go through one streaming decoder, so a character split
 * over two reads stays whole; invalid UTF-8 becomes U+FFFD.
 */
export function createSseParser(options: SseParserOptions = {}): SseParser {
  const maxLineBytes = options.maxLineBytes ?? LIMITS.sseLineBytes;
  const maxEventBytes = options.maxEventBytes ?? LIMITS.sseEventBytes;
  const maxEvents = options.maxEvents ?? LIMITS.sseEvents;
  const decoder = new TextDecoder("utf-8");
  let ready: SseEvent[] = [];
  let taken = 0;
  let events = 0;
  let held = "";
  let heldBytes = 0;
  let afterCr = false;
  let data: string | undefined;
  let eventName = "";
  let mostBytes = 0;
  let exactBytes = -1;

  function fail(detail: string, what: string): void {
    parser.failure ??= new SignalboxError("response_too_large", `the stream passed the limit of ${what}`, { detail });
  }

  function addData(value: string): void {
    // No character takes more than three bytes; they are counted one by one only where that could be too much.
    mostBytes += value.length * 3 + 1;
    if (mostBytes > maxEventBytes) {
      if (exactBytes === -1) exactBytes = data === undefined ? 0 : utf8Length(data);
      exactBytes += utf8Length(value) + 1;
      if (exactBytes > maxEventBytes) fail("event", `${maxEventBytes} bytes per event`);
    }
    data = data === undefined ? value : `${data}\n${value}`;
  }

  function dispatch(): void {
    if (data !== undefined) {
      if (++events > maxEvents) fail("events", `${maxEvents} events`);
      else ready.push({ event: eventName === "" ? "message" : eventName, data });
    }
    data = undefined;
    eventName = "";
    mostBytes = 0;
    exactBytes = -1;
  }

  function line(text: string, from: number, to: number): void {
    const first = text.charCodeAt(from);
    // Comments and fields that are not ours (id, retry) are told by their first letter.
    if (from === to) dispatch();
    else if (first === LETTER_D && text.startsWith("data", from)) {
      if (to === from + 4) addData("");
      else if (text.charCodeAt(from + 4) === COLON) addData(text.slice(valueFrom(text, from + 5), to));
    } else if (first === LETTER_E && text.startsWith("event", from)) {
      if (to === from + 5) eventName = "";
      else if (text.charCodeAt(from + 5) === COLON) eventName = text.slice(valueFrom(text, from + 6), to);
    }
  }

  /** A line that ends in this read, and may have begun in an earlier one. */
  function endLine(text: string, from: number, to: number): void {
    // What is held belongs to the first line of a read, so `from` is 0 then.
    const whole = held === "" ? text : held + text.slice(0, to);
    const stop = held === "" ? to : whole.length;
    held = "";
    if ((stop - from) * 3 > maxLineBytes && utf8Length(whole.slice(from, stop)) > maxLineBytes) {
      fail("line", `${maxLineBytes} bytes per line`);
    } else line(whole, from, stop);
  }

  /** Whole lines of `text`, and whether there was one; what is left after the last is kept for the next read. */
  function lines(text: string): boolean {
    let from = 0;
    if (afterCr && text !== "") {
      if (text.charCodeAt(0) === LF) from = 1;
      afterCr = false;
    }
    // Each kind of line end is searched for once per occurrence, or a read full of one would be scanned for the other.
    let cr = text.indexOf("\r", from);
    let lf = text.indexOf("\n", from);
    for (;;) {
      const end = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf;
      if (end === -1 || parser.failure !== undefined) break;
      endLine(text, from, end);
      from = end + 1;
      if (end === cr) {
        if (from === text.length) afterCr = true;
        else if (text.charCodeAt(from) === LF) from++;
        cr = text.indexOf("\r", from);
      }
      if (lf !== -1 && lf < from) lf = text.indexOf("\n", from);
    }
    held += from === 0 ? text : text.slice(from);
    return from > 0;
  }

  const parser: SseParser & { failure: SignalboxError | undefined } = {
    failure: undefined,
    push(bytes) {
      if (parser.failure !== undefined) return;
      const ended = lines(decoder.decode(bytes, { stream: true }));
      if (held === "") heldBytes = 0;
      else heldBytes = ended ? utf8Length(held) : heldBytes + bytes.length;
      if (heldBytes > maxLineBytes) fail("line", `${maxLineBytes} bytes per line`);
    },
    take() {
      const event = ready[taken];
      if (event === undefined) return undefined;
      taken++;
      if (taken === ready.length) {
        ready = [];
        taken = 0;
      }
      return event;
    },
    end() {
      const rest = held + decoder.decode();
      return { truncated: rest !== "" || data !== undefined };
    },
  };
  return parser;
}

function valueFrom(text: string, at: number): number {
  return text.charCodeAt(at) === SPACE ? at + 1 : at;
}
