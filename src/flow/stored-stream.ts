import { createAssembler } from "../chat/assemble.js";
import { chunksOf } from "../chat/chunks.js";
import type { Answer } from "./attempt-chat.js";
import type { CommittedStream } from "./open-stream.js";

/** A stored answer as a stream that needs no waiting. */
export function storedStream({ candidate, reply }: Answer): CommittedStream {
  const chunks = chunksOf(reply);
  const assembler = createAssembler();
  let at = 0;
  const poll = () => {
    const chunk = chunks[at++];
    if (chunk) assembler.push(chunk);
    return chunk;
  };
  return {
    candidate,
    cached: false,
    assembler,
    get seen() {
      return Math.min(at, chunks.length);
    },
    poll,
    next: async () => poll() ?? null,
    cancel() {},
    onCut() {},
  };
}
