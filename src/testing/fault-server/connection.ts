import type { Socket } from "node:net";
import type { Exchange, RecordedRequest } from "./types.js";

/** What a connection tells its server. */
export interface ConnectionEvents {
  /** A whole request is here; the promise settles when it has been answered. */
  onRequest(connection: Connection, request: Omit<RecordedRequest, "index" | "connection">): Promise<void>;
}

const HEAD_END = "\r\n\r\n";
const TLS_HANDSHAKE = 0x16;

/** One TCP (or TLS) connection: reads whole requests one after the other, and hands out the means to answer. */
export class Connection {
  readonly number: number;
  readonly #socket: Socket;
  /** The TCP socket below TLS: only that can be reset. */
  readonly #raw: Socket;
  readonly #events: ConnectionEvents;
  readonly #leavers = new Set<() => void>();
  #buffer: Buffer = Buffer.alloc(0);
  #answering = false;
  #closeOnNext: "fin" | "rst" | undefined;
  gone = false;

  constructor(number: number, socket: Socket, raw: Socket, events: ConnectionEvents) {
    this.number = number;
    this.#socket = socket;
    this.#raw = raw;
    this.#events = events;
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    // A client that aborts resets: expected here, and told by "close".
    socket.on("error", () => {});
    socket.on("close", () => {
      this.gone = true;
      for (const leave of this.#leavers) leave();
    });
  }

  /** The means to answer one request. */
  exchange(request: RecordedRequest | undefined): Exchange {
    const connection = this;
    return {
      request,
      streamed: request !== undefined && isStreamed(request),
      write: (bytes) => this.#write(bytes),
      end: () => void this.#socket.end(),
      reset: () => this.reset(),
      closeOnNext: (how) => {
        this.#closeOnNext = how;
      },
      get gone() {
        return connection.gone;
      },
      wait: (ms) => this.#wait(ms),
      untilGone: () => this.#wait(undefined),
    };
  }

  reset(): void {
    try {
      this.#raw.resetAndDestroy();
    } catch {
      this.#raw.destroy();
    }
    this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    if (this.#closeOnNext !== undefined) {
      if (this.#closeOnNext === "rst") this.reset();
      else this.#socket.destroy();
      return;
    }
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    this.#next();
  }

  #next(): void {
    if (this.#answering || this.#refuseTls()) return;
    const request = this.#takeRequest();
    if (request === undefined) return;
    this.#answering = true;
    this.#events.onRequest(this, request).finally(() => {
      this.#answering = false;
      if (!this.gone && this.#buffer.length > 0) this.#next();
    });
  }

  /** What any HTTP server does with a TLS handshake: it complains and hangs up. */
  #refuseTls(): boolean {
    if (this.#buffer[0] !== TLS_HANDSHAKE) return false;
    this.#socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    return true;
  }

  #takeRequest(): Omit<RecordedRequest, "index" | "connection"> | undefined {
    const end = this.#buffer.indexOf(HEAD_END);
    if (end === -1) return undefined;
    const [first = "", ...lines] = this.#buffer.subarray(0, end).toString("latin1").split("\r\n");
    const headers: { [name: string]: string } = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const from = end + HEAD_END.length;
    const to = from + Number(headers["content-length"] ?? 0);
    if (this.#buffer.length < to) return undefined;
    const body = this.#buffer.subarray(from, to).toString("utf8");
    this.#buffer = this.#buffer.subarray(to);
    const [method = "", path = ""] = first.split(" ");
    return { method, path, headers, body, json: () => JSON.parse(body) };
  }

  #write(bytes: string | Uint8Array): Promise<boolean> {
    if (this.gone || this.#socket.destroyed || !this.#socket.writable) return Promise.resolve(false);
    if (this.#socket.write(bytes)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = () => {
        this.#socket.off("drain", settle);
        this.#leavers.delete(settle);
        resolve(!this.gone);
      };
      this.#socket.on("drain", settle);
      this.#leavers.add(settle);
    });
  }

  #wait(ms: number | undefined): Promise<void> {
    if (this.gone) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#leavers.delete(settle);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(settle, ms);
      this.#leavers.add(settle);
    });
  }
}

function isStreamed(request: RecordedRequest): boolean {
  try {
    return request.json().stream === true;
  } catch {
    return false;
  }
}
