import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";

/** What a server writes on a connection, and how it leaves it. */
export interface Answer {
  readonly pieces: readonly Buffer[];
  readonly end: "close" | "reset" | "stay";
}

/** How the caller behaves meanwhile. */
export interface Case {
  readonly answer: Answer;
  readonly wire: "openai" | "anthropic";
  readonly call: "chat" | "stream" | "break" | "abort" | "probe";
}

const STATUS_LINES = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.0 200",
  "HTTP/1.1 204 No Content",
  "HTTP/1.1 206 Partial Content",
  "HTTP/1.1 301 Moved",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.1 401 Unauthorized",
  "HTTP/1.1 407 Proxy Authentication Required",
  "HTTP/1.1 429 Too Many Requests",
  "HTTP/1.1 500 Oops",
  "HTTP/1.1 101 Switching Protocols",
  "HTTP/1.1 100 Continue",
  "HTTP/1.1 103 Early Hints",
  "HTTP/1.1 999 Strange",
  "HTTP/1.1 000 Zero",
  "HTTP/1.1 20 Short",
  "HTTP/2 200",
  "HTTP/9.9 200 OK",
  "ICY 200 OK",
  "",
];
const CODINGS = ["gzip", "x-gzip", "br", "deflate", "zstd", "identity", "compress", "aes128gcm", "", "GZIP", "a b"];
const LONG = "x".repeat(20_000);
const JSON_BODY =
  '{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}';
const SSE_BODY =
  'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

const headers = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.constantFrom(...CODINGS), { maxLength: 9 })
      .map((list) => `content-encoding: ${list.join(", ")}`),
  },
  fc.integer({ min: 6, max: 2_000 }).map((count) => `content-encoding: ${Array(count).fill("gzip").join(",")}`),
  fc
    .constantFrom("0", "-1", "1", "5", "99999999999999999999", "1e3", "abc", "", "5, 6")
    .map((n) => `content-length: ${n}`),
  fc
    .constantFrom("chunked", "gzip, chunked", "chunked, chunked", "identity", "nonsense", "")
    .map((t) => `transfer-encoding: ${t}`),
  fc
    .constantFrom("text/event-stream", "application/json", "text/html; charset=utf-99", ";;;", LONG.slice(0, 9_000))
    .map((t) => `content-type: ${t}`),
  fc.constantFrom("http://[", "//", "javascript:1", "http://127.0.0.1:1/", "\u00e9", "").map((l) => `location: ${l}`),
  fc
    .constantFrom("-1", "1e999", "Infinity", "Thu, 99 Foo 0000", "9".repeat(400), "\u0001")
    .map((r) => `retry-after: ${r}`),
  fc.constantFrom("close", "keep-alive", "upgrade", "upgrade, keep-alive", "foo").map((c) => `connection: ${c}`),
  fc.constantFrom("websocket", "h2c", "").map((u) => `upgrade: ${u}`),
  fc.constantFrom("timeout=0", "timeout=-5, max=0", "timeout=1e99", "max").map((k) => `keep-alive: ${k}`),
  fc.constantFrom("a", "=", "a=b; expires=x; domain=..", `${LONG.slice(0, 5_000)}=1`).map((c) => `set-cookie: ${c}`),
  fc
    .constantFrom(
      "x-request-id",
      "date",
      "trailer",
      "www-authenticate",
      "proxy-authenticate",
      "alt-svc",
      "link",
      "__proto__",
    )
    .chain((name) =>
      fc.string({ maxLength: 30, unit: "binary" }).map((value) => `${name}: ${value.replace(/[\r\n]/g, "")}`),
    ),
  fc.constantFrom("no colon", ": no name", "na me: x", "name : x", " folded", "x:\u0000", `x: ${LONG}`, "\u00fc: x"),
);

const body = fc.oneof(
  fc
    .constantFrom(
      "",
      JSON_BODY,
      SSE_BODY,
      "<html>",
      "{",
      "data: {",
      "5\r\nhello\r\n0\r\n\r\n",
      "zz\r\nhello",
      "ffffffffffffffff\r\n",
      "0\r\nx: \u0000\r\n\r\n",
      "-1\r\n",
    )
    .map((text) => Buffer.from(text, "latin1")),
  fc
    .constantFrom(JSON_BODY, SSE_BODY)
    .chain((text) =>
      fc.constantFrom(
        gzipSync(text),
        brotliCompressSync(text),
        gzipSync(gzipSync(text)),
        gzipSync(text).subarray(0, 20),
        gzipSync("x".repeat(100_000)),
      ),
    ),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);

const answer: fc.Arbitrary<Answer> = fc
  .record({
    interim: fc.constantFrom(
      "",
      "",
      "",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(3),
    ),
    status: fc.constantFrom(...STATUS_LINES),
    headers: fc.array(headers, { maxLength: 6 }),
    body,
    again: fc.boolean(),
    cut: fc.option(fc.nat(400), { freq: 3 }),
    end: fc.constantFrom("close" as const, "close" as const, "reset" as const, "stay" as const),
  })
  .map((given) => {
    const head = Buffer.from(
      `${given.interim}${given.status}\r\n${given.headers.map((h) => `${h}\r\n`).join("")}\r\n`,
      "latin1",
    );
    const one = Buffer.concat([head, given.body]);
    // A second answer on the same connection, which nobody asked for.
    const whole = given.again ? Buffer.concat([one, one]) : one;
    const pieces = given.cut === null ? [whole] : [whole.subarray(0, given.cut), whole.subarray(given.cut)];
    return { pieces, end: given.end };
  });

/** A hostile answer and a caller. */
export const cases: fc.Arbitrary<Case> = fc.record({
  answer,
  wire: fc.constantFrom("openai" as const, "openai" as const, "anthropic" as const),
  call: fc.constantFrom("chat" as const, "stream" as const, "break" as const, "abort" as const, "probe" as const),
});

/** The answer that ended a process on Node 20: fetch refuses more than five codings, and aborting it then broke. */
export const MANY_CODINGS: Answer = {
  pieces: [
    Buffer.from(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: ${Array(6).fill("gzip").join(", ")}\r\nconnection: close\r\n\r\n`,
    ),
  ],
  end: "close",
};
