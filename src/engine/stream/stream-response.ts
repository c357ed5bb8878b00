import { SignalboxError } from "../../errors/signalbox-error.js";
import type { ReplyIterator } from "./reply-iterator.js";

/** Characters put into one network write at most, where many events are ready at once. */
const LONGEST_WRITE = 16_384;

/** A stream as server-sent events: one `data:` line per chunk, `[DONE]` at the end, an `error` object where it is cut. */
export function streamResponse(iterator: ReplyIterator, headers: Record<string, string> = {}): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const step = await iterator.next();
        if (step.done) {
          controller.enqueue(encoder.encode("data: [DONE]\n\n"));
          controller.close();
          return;
        }
        let text = `data: ${JSON.stringify(step.value)}\n\n`;
        while (text.length < LONGEST_WRITE) {
          const ready = iterator.poll();
          if (!ready) break;
          text += `data: ${JSON.stringify(ready)}\n\n`;
        }
        controller.enqueue(encoder.encode(text));
      } catch (thrown) {
        controller.enqueue(encoder.encode(`data: ${JSON.stringify({ error: errorBody(thrown) })}\n\n`));
        controller.close();
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", ...headers },
  });
}

/** An error as OpenAI's wire says it. */
function errorBody(thrown: unknown): { message: string; type: string; code: string } {
  if (SignalboxError.isInstance(thrown)) return { message: thrown.message, type: "signalbox_error", code: thrown.kind };
  return { message: "The stream failed", type: "signalbox_error", code: "server" };
}
