/** A request as the server saw it. */
export interface RecordedRequest {
  /** 0 for the first request of this server. */
  readonly index: number;
  /** The HTTP method. */
  readonly method: string;
  /** The path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The body as text; `json()` parses it. */
  readonly body: string;
  /** The body, parsed. */
  json(): { readonly [field: string]: unknown };
  /** Which connection it came on, 0 for the first. */
  readonly connection: number;
}

/** One turn of the server: a request (or, for a fault on the connection, none yet) and the means to answer badly. */
export interface Exchange {
  /** `undefined` for a fault that acts before anything was read. */
  readonly request: RecordedRequest | undefined;
  /** Whether the request asked for `stream: true`. */
  readonly streamed: boolean;
  /** Writes bytes as they are, waiting where the client does not read; `false` once the connection is gone. */
  write(bytes: string | Uint8Array): Promise<boolean>;
  /** Closes with FIN. */
  end(): void;
  /** Closes with RST. */
  reset(): void;
  /** Closes as soon as the next request on this connection arrives, as an idle keep-alive time-out does. */
  closeOnNext(how: "fin" | "rst"): void;
  /** Whether the connection is gone. */
  readonly gone: boolean;
  /** Waits, at most until the connection is gone. Real time. */
  wait(ms: number): Promise<void>;
  /** Waits until the connection is gone: how a server falls silent. */
  untilGone(): Promise<void>;
}

/**
 * What the server does with one request. When `run` returns, the answer counts as complete and the connection takes the
 * next request.
 *
 * @example
 * const teapot: Fault = { name: "teapot", run: (exchange) => void exchange.write("HTTP/1.1 418 I'm a teapot\r\n\r\n") };
 */
export interface Fault {
  /** Its name. */
  readonly name: string;
  /** `"connection"`: acts when the client connects, before a request is read. @default "request" */
  readonly on?: "connection" | "request" | undefined;
  /** Answers one exchange in the faulty way. */
  run(exchange: Exchange): unknown;
}
