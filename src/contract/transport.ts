/** One HTTP request of a provider, ready to be sent. */
export interface TransportRequest {
  /** The address. */
  readonly url: string;
  /** The HTTP method. */
  readonly method: "POST" | "GET";
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; `undefined` if the method has no body. */
  readonly body?: string | undefined;
  /** Aborts the request at any moment, the reading of the body included. */
  readonly signal: AbortSignal;
}

/** Reads a body piece by piece. */
export interface TransportReader {
  /** The next piece, or `done` at the end. Rejects if the connection breaks or the signal aborts. */
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  /** Gives up the rest of the body. The connection is closed if there is a rest. */
  cancel(): Promise<void>;
}

/** The head of an answer, and its body still to be read. A `Response` of `fetch` is one. */
export interface TransportResponse {
  /** HTTP status; a redirect is an answer like any other. */
  readonly status: number;
  /** The headers. */
  readonly headers: {
    /** A header's value by its name in lower case; `null` if it is absent. */
    get(name: string): string | null;
  };
  /** The body without its content coding; `null` if there is none. */
  readonly body: {
    /** Called once. */
    getReader(): TransportReader;
  } | null;
}

/** How providers send HTTP requests. The default is the global `fetch`; `signalbox/undici` has a faster one. */
export interface Transport {
  /**
   * Sends a request and resolves with the head of its answer. It follows no redirect, retries nothing and sets no
   * deadline of its own: the router does. It rejects if no head arrives, and when the signal aborts.
   */
  send(request: TransportRequest): Promise<TransportResponse>;
}
