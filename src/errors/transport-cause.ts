import { field, word } from "./error-body.js";
import type { Meaning } from "./vendor-codes.js";

/** How deep a chain of causes is followed. */
const MAX_DEPTH = 10;

const connect = { kind: "network", detail: "connect" } as const;
const dns = { kind: "network", detail: "dns" } as const;
const tls = { kind: "network", detail: "tls" } as const;
const reset = { kind: "network", detail: "reset" } as const;
const http = { kind: "malformed_response", detail: "http" } as const;
const encoding = { kind: "malformed_response", detail: "encoding" } as const;

const BY_CODE: { readonly [code: string]: Meaning } = {
  ECONNREFUSED: connect,
  EHOSTUNREACH: connect,
  EHOSTDOWN: connect,
  ENETUNREACH: connect,
  ENETDOWN: connect,
  EADDRNOTAVAIL: connect,
  EACCES: connect,
  EMFILE: connect,
  ENFILE: connect,
  ETIMEDOUT: connect,
  UND_ERR_CONNECT_TIMEOUT: connect,
  ENOTFOUND: dns,
  EAI_AGAIN: dns,
  EAI_FAIL: dns,
  EAI_NODATA: dns,
  ENODATA: dns,
  ESERVFAIL: dns,
  ECONNRESET: reset,
  ECONNABORTED: reset,
  EPIPE: reset,
  UND_ERR_SOCKET: reset,
  UND_ERR_CLOSED: reset,
  UND_ERR_DESTROYED: reset,
  UND_ERR_HEADERS_TIMEOUT: { kind: "timeout", detail: "headers" },
  UND_ERR_BODY_TIMEOUT: { kind: "timeout", detail: "idle" },
  UND_ERR_HEADERS_OVERFLOW: http,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: http,
  EPROTO: tls,
  DEPTH_ZERO_SELF_SIGNED_CERT: tls,
  SELF_SIGNED_CERT_IN_CHAIN: tls,
  HOSTNAME_MISMATCH: tls,
};

const BY_PREFIX: readonly (readonly [string, Meaning])[] = [
  ["HPE_", http],
  ["Z_", encoding],
  ["ERR_BROTLI", encoding],
  ["ERR_TLS_", tls],
  ["ERR_SSL_", tls],
  ["CERT_", tls],
  ["UNABLE_TO_", tls],
];

// What the fetch of a runtime says where its cause says nothing: Node, Chrome, Safari, Firefox, workers.
const FETCH_MESSAGES = new Set([
  "fetch failed",
  "terminated",
  "Failed to fetch",
  "Load failed",
  "NetworkError when attempting to fetch resource.",
  "Network connection lost.",
]);

/** What went wrong below HTTP, and the code that told. */
export interface TransportFailure extends Meaning {
  readonly code?: string | undefined;
}

/** Reads a thrown value and its causes (at most 10 deep, circles included); `undefined` where none is a transport error. */
export function transportFailure(thrown: unknown): TransportFailure | undefined {
  let link: unknown = thrown;
  let networkWords = false;
  for (let depth = 0; depth < MAX_DEPTH && typeof link === "object" && link !== null; depth++) {
    const code = word(field(link, "code"));
    const meaning = code === undefined ? undefined : meaningOf(code);
    if (meaning !== undefined) return { ...refine(meaning, link), code };
    // Node 24's parser gives its error a name and no code.
    if (field(link, "name") === "HTTPParserError") return http;
    networkWords ||= field(link, "name") === "TypeError" && FETCH_MESSAGES.has(String(word(field(link, "message"))));
    // Happy eyeballs: one error per address tried.
    link = field(link, "cause") ?? field(field(link, "errors"), "0");
  }
  return networkWords ? { kind: "network" } : undefined;
}

function meaningOf(code: string): Meaning | undefined {
  if (Object.hasOwn(BY_CODE, code)) return BY_CODE[code];
  return BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1];
}

function refine(meaning: Meaning, link: unknown): Meaning {
  // A timer of the kernel on a connection that stood is a lost connection, not a refused one.
  if (
    field(link, "code") === "ETIMEDOUT" &&
    field(link, "syscall") !== "connect" &&
    field(link, "syscall") !== undefined
  ) {
    return reset;
  }
  return meaning;
}
