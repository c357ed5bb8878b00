import { answers } from "./answers.js";
import { head, JSON_HEADERS } from "./http-text.js";
import type { Fault } from "./types.js";

/** RST as soon as the client connects. */
export const resetOnAccept = (): Fault => ({
  name: "RST on accept",
  on: "connection",
  run: (exchange) => exchange.reset(),
});

/** FIN as soon as the client connects. */
export const closeOnAccept = (): Fault => ({
  name: "FIN on accept",
  on: "connection",
  run: (exchange) => exchange.end(),
});

/** RST when the request has arrived. */
export const resetAfterRequest = (): Fault => ({ name: "RST after the request", run: (exchange) => exchange.reset() });

/** FIN when the request has arrived. */
export const closeAfterRequest = (): Fault => ({ name: "FIN after the request", run: (exchange) => exchange.end() });

/** Takes the request and says nothing, until the client leaves. */
export const silence = (): Fault => ({ name: "silence", run: (exchange) => exchange.untilGone() });

/** A good answer on a connection that then closes under the next request. */
export function closesUnderNext(words: string, how: "fin" | "rst" = "fin"): Fault {
  const good = answers(words);
  return {
    name: `answers, then ${how} under the next request`,
    run: async (exchange) => {
      exchange.closeOnNext(how);
      await good.run(exchange);
    },
  };
}

/** Something that is not HTTP. */
export const garbage = (): Fault => ({
  name: "a garbage status line",
  run: async (exchange) => {
    await exchange.write("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    exchange.end();
  },
});

/** Half a status line, then FIN. */
export const halfStatusLine = (): Fault => ({
  name: "half a status line",
  run: async (exchange) => {
    await exchange.write("HTTP/1.1 20");
    exchange.end();
  },
});

/** Half the response head, then FIN. */
export const halfHeaders = (): Fault => ({
  name: "half the headers",
  run: async (exchange) => {
    await exchange.write("HTTP/1.1 200 OK\r\ncontent-type: applica");
    exchange.end();
  },
});

/** A header of `bytes` bytes. */
export const hugeHeader = (bytes = 65_536): Fault => ({
  name: "a huge header",
  run: (exchange) => exchange.write(head(200, { ...JSON_HEADERS, "x-huge": "x".repeat(bytes), "content-length": 0 })),
});

/** The response head and nothing after it, until the client leaves. */
export const headersThenSilence = (contentType = "text/event-stream"): Fault => ({
  name: "headers, then silence",
  run: async (exchange) => {
    await exchange.write(head(200, { "content-type": contentType, "transfer-encoding": "chunked" }));
    await exchange.untilGone();
  },
});

/** The response head, one byte every `everyMs` milliseconds (real time). */
export const slowHeaders = (everyMs = 1_000): Fault => ({
  name: "slow-loris headers",
  run: async (exchange) => {
    for (const byte of head(200, { ...JSON_HEADERS, "x-slow": "x".repeat(10_000), "content-length": 2 })) {
      if (!(await exchange.write(byte))) return;
      await exchange.wait(everyMs);
    }
  },
});

/** An interim answer (100, 101, 103) before `then`, or before silence. */
export const interim = (status: 100 | 101 | 103, then?: Fault): Fault => ({
  name: `HTTP ${status} first`,
  run: async (exchange) => {
    const upgrade = status === 101 ? { connection: "upgrade", upgrade: "websocket" } : {};
    await exchange.write(head(status, upgrade));
    if (then === undefined) await exchange.untilGone();
    else await then.run(exchange);
  },
});
