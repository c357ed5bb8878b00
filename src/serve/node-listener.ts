/** What is read of Node's `IncomingMessage`, or of what Express and Fastify make of it. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The HTTP method. */
  readonly method?: string | undefined;
  /** The path and query. */
  readonly url?: string | undefined;
  /** The headers. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** What is used of Node's `ServerResponse`. */
export interface NodeResponse {
  /** Whether the head has left. */
  readonly headersSent: boolean;
  /** Whether all has left. */
  readonly writableFinished: boolean;
  /** Whether the connection is gone. */
  readonly destroyed: boolean;
  /** Sends the head. */
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** Sends a piece; `false` asks to wait for `drain`. */
  write(piece: Uint8Array): boolean;
  /** Ends the answer. */
  end(): unknown;
  /** Listens once. */
  once(event: "close" | "drain", listener: () => void): unknown;
  /** Stops listening. */
  off(event: "close" | "drain", listener: () => void): unknown;
}

/** Fastify's request and reply hold Node's own under `raw`. */
type RequestLike = NodeRequest | { readonly raw: NodeRequest; readonly body?: unknown };
type ResponseLike = NodeResponse | { readonly raw: NodeResponse; hijack(): unknown };

/**
 * A listener for Node's `http`, Express or Fastify that answers with a `fetch`, such as one of `createFetch`. Bodies are
 * streamed both ways; one that a parser has read already (`request.body`) is taken from there. A client that leaves
 * aborts the call.
 *
 * @example
 * http.createServer(toNodeListener(createFetch(router))).listen(3000);
 * express().use("/v1", toNodeListener(createFetch(router)));
 * fastify().all("/v1/*", toNodeListener(createFetch(router)));
 */
export function toNodeListener(
  fetch: typeof globalThis.fetch,
): (request: RequestLike, response: ResponseLike) => Promise<void> {
  return async (given, reply) => {
    const request = "raw" in given ? given.raw : given;
    const response = "raw" in reply ? reply.raw : reply;
    if ("hijack" in reply) reply.hijack();
    const controller = new AbortController();
    const leave = (): void => {
      if (!response.writableFinished) controller.abort(new DOMException("The client left", "AbortError"));
    };
    response.once("close", leave);
    try {
      const answer = await fetch(urlOf(request), requestInit(request, parsedBody(given), controller.signal));
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (answer.body) await send(answer.body, response);
      response.end();
    } catch {
      // A door never throws but for a client that left; any other `fetch` may.
      if (!response.headersSent && !response.destroyed) response.writeHead(500, { "content-type": "text/plain" });
      response.end();
    }
  };
}

function requestInit(request: NodeRequest, parsed: unknown, signal: AbortSignal): RequestInit {
  const { method = "GET" } = request;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    // HTTP/2 writes its pseudo headers with a colon.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, String(value));
  }
  const init = { method, headers, signal };
  if (method === "GET" || method === "HEAD") return init;
  // `duplex` is what a real fetch wants for a streamed body.
  return { ...init, body: bodyOf(request, parsed), duplex: "half" } as RequestInit;
}

/** Express keeps the whole path beside the one its mount point left. */
function urlOf(request: NodeRequest & { readonly originalUrl?: string }): string {
  const { host = "localhost" } = request.headers;
  return `http://${String(host)}${request.originalUrl ?? request.url ?? "/"}`;
}

function parsedBody(given: RequestLike): unknown {
  return (given as { readonly body?: unknown }).body;
}

function bodyOf(request: NodeRequest, parsed: unknown): BodyInit {
  if (typeof parsed === "string" || parsed instanceof Uint8Array) return parsed as BodyInit;
  if (parsed !== undefined && parsed !== null && isRead(request)) return JSON.stringify(parsed);
  const pieces = request[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}

/** Whether a body parser was there before; without one an empty object may stand in for the body. */
function isRead(request: NodeRequest & { readonly readableEnded?: boolean }): boolean {
  return request.readableEnded !== false;
}

async function send(body: ReadableStream<Uint8Array>, response: NodeResponse): Promise<void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || response.destroyed) return;
      if (!response.write(value)) await drained(response);
    }
  } finally {
    // Left early, the call upstream ends too.
    reader.cancel().catch(() => {});
  }
}

function drained(response: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
