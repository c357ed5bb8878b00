import { createAssembler } from "../../chat/assemble.js";
import { chunksOf } from "../../chat/chunks.js";
import type { Answer } from "../attempt-chat.js";
import type { CommittedStream } from "./open-stream.js";

/** A stored answer as a stream that needs no waiting. */
export function storedStream({ candidate, reply }: Answer): CommittedStream {
  const chunks = chunksOf(reply);
  const assembler = createAssembler();
  const stream = {
    candidate,
    cached: false,
    assembler,
    seen: 0,
    poll() {
      const chunk = chunks[stream.seen];
      if (!chunk) return undefined;
      stream.seen += 1;
      assembler.push(chunk);
      return chunk;
    },
    next: async () => stream.poll() ?? null,
    cancel() {},
    onCut() {},
  };
  return stream;
}
