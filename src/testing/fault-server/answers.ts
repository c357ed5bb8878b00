import { type AnswerOptions, completion, streamOf } from "./chat-shapes.js";
import { chunk, type Headers, head, JSON_HEADERS, LAST_CHUNK, SSE_HEADERS, whole } from "./http-text.js";
import type { Fault } from "./types.js";

/** A good answer: a chat.completion, or the same as a stream where the request asks for one. */
export function answers(text: string | null, options: AnswerOptions & { readonly headers?: Headers } = {}): Fault {
  return {
    name: "a good answer",
    run: async (exchange) => {
      if (!exchange.streamed) {
        await exchange.write(
          whole(200, JSON.stringify(completion(text, options)), { ...JSON_HEADERS, ...options.headers }),
        );
        return;
      }
      await exchange.write(head(200, { ...SSE_HEADERS, ...options.headers }));
      for (const part of streamOf(text, options)) await exchange.write(chunk(part));
      await exchange.write(LAST_CHUNK);
    },
  };
}

/** Any status with any JSON. */
export function json(status: number, body: unknown, headers: Headers = {}): Fault {
  return {
    name: `HTTP ${status}`,
    run: (exchange) => exchange.write(whole(status, JSON.stringify(body), { ...JSON_HEADERS, ...headers })),
  };
}

/** Any status with any text. */
export function text(status: number, body: string | Uint8Array = "", headers: Headers = {}): Fault {
  return {
    name: `HTTP ${status}`,
    run: (exchange) => exchange.write(whole(status, body, { "content-type": "text/plain", ...headers })),
  };
}

/** A login page where an answer should be. */
export function html(status = 200): Fault {
  const page = "<!doctype html><html><head><title>Log in</title></head><body>please log in</body></html>";
  return text(status, page, { "content-type": "text/html; charset=utf-8" });
}

/** A redirect; a client that follows it shows up at `location`. */
export function redirect(status: number, location: string): Fault {
  return text(status, "", { location });
}

/** `fault`, `ms` milliseconds (real time) later. */
export function after(ms: number, fault: Fault): Fault {
  return {
    name: `${fault.name}, after ${ms} ms`,
    run: async (exchange) => {
      await exchange.wait(ms);
      await fault.run(exchange);
    },
  };
}
