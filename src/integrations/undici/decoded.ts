import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** A list of codings longer than this is no answer of a real server; `fetch` refuses it too. */
const MOST_CODINGS = 5;

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/** A body without its content codings, the last one taken off first. An unknown coding leaves the body as it is. */
export function decoded(body: Readable, header: string | string[] | undefined): Readable {
  if (header === undefined) return body;
  const codings = String(header)
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  if (codings.length > MOST_CODINGS) {
    body.destroy();
    throw new Error(`the answer has ${codings.length} content codings, more than ${MOST_CODINGS}`);
  }
  let plain = body;
  for (const coding of codings.reverse()) {
    const decoder = DECODERS.get(coding)?.();
    if (decoder === undefined) return plain;
    const source = plain;
    source.on("error", (error) => decoder.destroy(error));
    source.on("close", () => {
      if (!source.readableEnded) decoder.destroy(new Error("the body was closed before its end"));
    });
    decoder.on("close", () => source.destroy());
    decoder.on("error", () => {});
    plain = source.pipe(decoder);
  }
  return plain;
}
