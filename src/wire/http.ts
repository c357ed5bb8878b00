import type { Transport, TransportReader, TransportResponse } from "../contract/transport.js";
import { type Clock, setBackgroundTimeout, systemClock } from "../core/clock.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { transportFailure } from "../errors/transport-cause.js";
import { type Dispatcher, guardedDispatcher } from "./guarded-dispatcher.js";
import type { HttpCall } from "./http-call.js";
import { staleSocket, wasStale } from "./stale-socket.js";

/** What Node's fetch understands beside the standard. */
interface NodeRequestInit extends RequestInit {
  dispatcher?: Dispatcher;
}

/** How often a call goes out again: kept connections of one provider may all turn out to be closed. */
const MOST_STALE = 3;

/**
 * Sends the call and returns the response head. A call whose kept-alive connection was closed as it came goes out again
 * at once, on another. Redirects are never followed: fetch would send the prompt and
 * `x-api-key` on to wherever they point. Rejects with what fetch threw, or with `network/stale_socket` if a kept-alive
 * connection turned out to be closed.
 */
export async function send(call: HttpCall): Promise<TransportResponse> {
  const { connections, clock = systemClock, signal } = call;
  for (let stale = 0; ; stale++) {
    const startedAtMs = connections?.answered ? clock.now() : 0;
    try {
      const response = await (call.fetch === undefined && call.transport !== undefined
        ? byTransport(call)
        : byFetch(call));
      if (connections && isSuccess(response.status))
        connections.answered = response.headers.get("connection") !== "close";
      call.onHeaders?.();
      return response;
    } catch (error) {
      if (signal.aborted) throw error;
      if (stale < MOST_STALE && connections?.answered && wasStale(error, call, clock.now() - startedAtMs)) continue;
      if (connections) connections.answered = false;
      throw staleSocket(error, call) ?? error;
    }
  }
}

/** Whether a status is one of success. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function byTransport({ transport, url, method = "POST", headers, body, signal }: HttpCall): Promise<TransportResponse> {
  return (transport as Transport).send({ url, method, headers, body, signal });
}

function byFetch(call: HttpCall): Promise<Response> {
  const request: NodeRequestInit = {
    method: call.method ?? "POST",
    headers: call.headers,
    signal: call.signal,
    redirect: "manual",
  };
  if (call.body !== undefined) request.body = call.body;
  const dispatcher = guardedDispatcher();
  if (dispatcher !== undefined) request.dispatcher = dispatcher;
  return (call.fetch ?? globalThis.fetch)(call.url, request);
}

/** What a connection that broke inside the body is: never a stale socket, for the head had come. */
export function brokenBody(error: unknown, signal: AbortSignal, streamed: boolean): unknown {
  if (signal.aborted || SignalboxError.isInstance(error)) return error;
  const found = transportFailure(error);
  if (found === undefined) return error;
  const code = found.code === undefined ? "" : ` (${found.code})`;
  if (found.kind !== "network") {
    return new SignalboxError(found.kind, `the answer could not be read${code}`, {
      detail: found.detail,
      cause: error,
    });
  }
  return streamed
    ? new SignalboxError("stream_interrupted", `the stream broke off${code}`, { detail: "cut", cause: error })
    : new SignalboxError("network", `the connection broke inside the answer${code}`, { detail: "reset", cause: error });
}

/** The error of a body that passed its limit. */
export function tooLarge(maxBytes: number): SignalboxError {
  return new SignalboxError("response_too_large", `the answer passed the limit of ${maxBytes} bytes`, {
    detail: "bytes",
  });
}

/** Leaves a body: the connection is closed, and whatever that rejects with is nobody's business. */
export function cancelBody(body: { cancel(): Promise<void> } | null): void {
  body?.cancel().catch(() => {});
}

/** How long, and how far, a stream that said its last word may take to close, so that its connection can be kept. */
const LINGER_MS = 2_000;
const LINGER_READS = 16;

/** Reads a finished stream to its end in the background, or cancels it where it does not end. */
export function linger(reader: TransportReader, clock: Clock = systemClock): void {
  const timer = setBackgroundTimeout(clock, () => cancelBody(reader), LINGER_MS);
  const drain = async (): Promise<void> => {
    for (let reads = 0; reads < LINGER_READS; reads++) if ((await reader.read()).done) return;
    cancelBody(reader);
  };
  drain()
    .catch(() => {})
    .finally(() => clock.clearTimeout(timer));
}
