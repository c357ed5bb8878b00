import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { Transport, TransportReader } from "../../contract/transport.js";
import { checkOptions } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { decoded } from "./decoded.js";

/** Options of {@link undiciTransport}. */
export interface UndiciTransportOptions {
  /**
   * Where requests go: an `Agent` with your own connection settings, a `ProxyAgent`, a `MockAgent`.
   * @default an Agent of this transport: connections without bound, kept alive, no timeouts besides the router's
   */
  readonly dispatcher?: Dispatcher | undefined;
}

/**
 * Sends requests by undici's `request` instead of `fetch`. One transport can serve any number of routers and providers;
 * its idle connections keep no process alive.
 *
 * @throws SignalboxError `invalid_options` naming the path
 * @example
 * createRouter({ providers, transport: undiciTransport() });
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  checkOptions(options, "undiciTransport", ["dispatcher"]);
  const given = options.dispatcher;
  if (given !== undefined && typeof given?.request !== "function") {
    throw invalidOption("dispatcher", "must be an undici dispatcher");
  }
  const dispatcher = given ?? new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    async send({ url, method, headers, body, signal }) {
      const { origin, pathname, search } = new URL(url);
      const answer = await dispatcher.request({
        origin,
        path: pathname + search,
        method,
        headers,
        body: body ?? null,
        signal,
      });
      // Without a listener, a connection that breaks after the reader left would be an uncaught exception.
      answer.body.on("error", ignore);
      return {
        status: answer.statusCode,
        headers: { get: (name) => textOf(answer.headers[name]) },
        body: { getReader: () => readerOf(decoded(answer.body, answer.headers["content-encoding"])) },
      };
    },
  };
}

function textOf(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : value.join(", ");
}

/** Reads what a stream has at once, and waits only if it has nothing: an async iterator takes several turns a piece. */
function readerOf(body: Readable): TransportReader {
  let wake: (() => void) | undefined;
  let failed = false;
  let failure: unknown;
  let ended = false;
  const ready = (): void => {
    wake?.();
    wake = undefined;
  };
  const fail = (error: unknown): void => {
    if (!failed && !ended) {
      failed = true;
      failure = error;
    }
    ready();
  };
  body.on("readable", ready);
  body.on("end", () => {
    ended = true;
    ready();
  });
  body.on("error", fail);
  body.on("close", () => fail(new Error("the body was closed before its end")));
  return {
    async read() {
      for (;;) {
        if (failed) throw failure;
        const value: Uint8Array | null = body.read();
        if (value !== null) return { done: false, value };
        if (ended) return { done: true };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async cancel() {
      ended = true;
      body.destroy();
      ready();
    },
  };
}

function ignore(): void {}
