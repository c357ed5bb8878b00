import { DONE, finishEvent, roleEvent, streamOf, textEvent } from "./chat-shapes.js";
import { chunk, type Headers, head, LAST_CHUNK, SSE_HEADERS } from "./http-text.js";
import type { Fault } from "./types.js";

/** How a scripted stream ends: properly, with RST or FIN in the middle, or not at all. */
export type StreamEnd = "end" | "rst" | "fin" | "hang";

/** A piece of a scripted stream: bytes as they are, or a pause in milliseconds (real time). */
export type StreamPart = string | Uint8Array | number;

/**
 * A stream piece by piece. Use it for any cut: `stream([roleEvent(), textEvent("Hel")], "rst")`.
 * Each piece is one chunk and one write.
 */
export function stream(parts: readonly StreamPart[], end: StreamEnd = "end", headers: Headers = SSE_HEADERS): Fault {
  return {
    name: `a stream of ${parts.length} pieces, then ${end}`,
    run: async (exchange) => {
      await exchange.write(head(200, headers));
      for (const part of parts) {
        if (typeof part === "number") await exchange.wait(part);
        else if (!(await exchange.write(chunk(part)))) return;
      }
      if (end === "end") await exchange.write(LAST_CHUNK);
      else if (end === "hang") await exchange.untilGone();
      else {
        // Let the client read what was written: a reset overtakes it.
        await exchange.wait(10);
        if (end === "rst") exchange.reset();
        else exchange.end();
      }
    },
  };
}

/** The bytes of a good stream up to `bytes`, then RST or FIN: a cut at any place, inside a character included. */
export function cutStream(words: string, bytes: number, how: "rst" | "fin" = "rst"): Fault {
  return stream([Buffer.from(streamOf(words).join("")).subarray(0, bytes)], how);
}

/** A comment every `everyMs` milliseconds (real time), for ever. */
export const keepAliveOnly = (everyMs = 5): Fault => ({
  name: "keep-alive comments only",
  run: async (exchange) => {
    await exchange.write(head(200, SSE_HEADERS));
    while (await exchange.write(chunk(": keep-alive\n\n"))) await exchange.wait(everyMs);
  },
});

/** A good stream, one byte every `everyMs` milliseconds (real time). */
export const drip = (words: string, everyMs = 1_000): Fault => ({
  name: "a dripping body",
  run: async (exchange) => {
    await exchange.write(head(200, SSE_HEADERS));
    for (const byte of Buffer.from(streamOf(words).join(""))) {
      if (!(await exchange.write(chunk(Uint8Array.of(byte))))) return;
      await exchange.wait(everyMs);
    }
  },
});

/** A good answer whose connection stays open after `[DONE]`, until the client leaves. */
export const lingers = (words: string): Fault => stream(streamOf(words), "hang");

/** One event whose line is `bytes` long, without an end. */
export const longLine = (bytes = 100 * 1_048_576): Fault => ({
  name: "a line without an end",
  run: async (exchange) => {
    await exchange.write(head(200, SSE_HEADERS));
    await exchange.write(chunk("data: "));
    const block = chunk("x".repeat(65_536));
    for (let sent = 0; sent < bytes; sent += 65_536) if (!(await exchange.write(block))) return;
    await exchange.untilGone();
  },
});

/** `count` events of one character each, then a proper end. */
export const tinyEvents = (count = 1_000_000): Fault => ({
  name: `${count} tiny events`,
  run: async (exchange) => {
    await exchange.write(head(200, SSE_HEADERS));
    await exchange.write(chunk(roleEvent()));
    const block = chunk(textEvent("x").repeat(100));
    for (let sent = 0; sent < count; sent += 100) if (!(await exchange.write(block))) return;
    await exchange.write(chunk(finishEvent() + DONE) + LAST_CHUNK);
  },
});
