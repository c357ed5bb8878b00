import { createGzip, gzipSync } from "node:zlib";
import { completion } from "./chat-shapes.js";
import { chunk, type Headers, head, JSON_HEADERS, LAST_CHUNK, SSE_HEADERS, whole } from "./http-text.js";
import type { Fault } from "./types.js";

/** A length that the body does not keep: FIN comes early, or bytes follow that belong to nobody. */
export const wrongLength = (declared: number, body: string): Fault => ({
  name: `content-length ${declared} for ${Buffer.byteLength(body)} bytes`,
  run: async (exchange) => {
    await exchange.write(head(200, { ...JSON_HEADERS, "content-length": declared }) + body);
    exchange.end();
  },
});

/** The first `bytes` bytes of a good answer with its whole length declared, then RST or FIN. */
export const cutBody = (words: string, bytes: number, how: "rst" | "fin" = "fin"): Fault => ({
  name: `a body cut at byte ${bytes}`,
  run: async (exchange) => {
    const answer = Buffer.from(JSON.stringify(completion(words)));
    await exchange.write(head(200, { ...JSON_HEADERS, "content-length": answer.length }));
    await exchange.write(answer.subarray(0, bytes));
    await exchange.wait(5);
    if (how === "rst") exchange.reset();
    else exchange.end();
  },
});

/** No length and no chunks: only the close tells the end. `body` may well be half of one. */
export const closeDelimited = (body: string, headers: Headers = JSON_HEADERS): Fault => ({
  name: "a body that ends with the connection",
  run: async (exchange) => {
    await exchange.write(head(200, { connection: "close", ...headers }) + body);
    exchange.end();
  },
});

/** A chunked body without its last chunk. */
export const unterminated = (parts: readonly string[], headers: Headers = SSE_HEADERS): Fault => ({
  name: "a chunked body without an end",
  run: async (exchange) => {
    await exchange.write(head(200, headers));
    for (const part of parts) await exchange.write(chunk(part));
    exchange.end();
  },
});

/** A chunk size that is no number. */
export const badChunk = (): Fault => ({
  name: "a bad chunk size",
  run: async (exchange) => {
    await exchange.write(head(200, { ...JSON_HEADERS, "transfer-encoding": "chunked" }));
    await exchange.write("zz\r\nnope\r\n");
    exchange.end();
  },
});

/** `content-encoding: gzip` over bytes that are not. */
export const badGzip = (): Fault => ({
  name: "bad gzip",
  run: (exchange) => exchange.write(whole(200, "this is not gzip", { ...JSON_HEADERS, "content-encoding": "gzip" })),
});

/** A good answer, gzipped. */
export const gzipped = (words: string): Fault => ({
  name: "a gzipped answer",
  run: (exchange) =>
    exchange.write(
      whole(200, gzipSync(JSON.stringify(completion(words))), { ...JSON_HEADERS, "content-encoding": "gzip" }),
    ),
});

/** A few kilobytes that unpack to `decodedBytes` bytes of one JSON string. */
export const gzipBomb = (decodedBytes = 100 * 1_048_576, status = 200): Fault => ({
  name: "a gzip bomb",
  run: async (exchange) => {
    await exchange.write(head(status, { ...JSON_HEADERS, "content-encoding": "gzip", "transfer-encoding": "chunked" }));
    const gzip = createGzip({ level: 9 });
    const block = Buffer.alloc(1_048_576, "a");
    const feed = async (): Promise<void> => {
      gzip.write('{"choices":"');
      for (let left = decodedBytes; left > 0; left -= block.length) {
        if (!gzip.write(block)) await new Promise((resolve) => gzip.once("drain", resolve));
      }
      gzip.end('"}');
    };
    const fed = feed();
    for await (const bytes of gzip) if (!(await exchange.write(chunk(bytes as Buffer)))) return;
    await fed;
    await exchange.write(LAST_CHUNK);
  },
});

/** A body without end: `block` for ever, as fast as the client reads. */
export const endless = (block: string, status = 200, headers: Headers = SSE_HEADERS): Fault => ({
  name: "an endless body",
  run: async (exchange) => {
    await exchange.write(head(status, { "transfer-encoding": "chunked", ...headers }));
    const bytes = chunk(block.repeat(Math.max(1, Math.floor(16_384 / block.length))));
    while (await exchange.write(bytes)) await new Promise((resolve) => setImmediate(resolve));
  },
});

/** JSON nested `levels` deep. */
export const deepJson = (levels = 10_000): Fault => ({
  name: `JSON ${levels} levels deep`,
  run: (exchange) => exchange.write(whole(200, `{"choices":${"[".repeat(levels)}${"]".repeat(levels)}}`, JSON_HEADERS)),
});
