import { invalidOption } from "../errors/signalbox-error.js";

const LOOPBACK = /^(?:localhost|.{1,200}\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VISIBLE = /^[\x21-\x7e]+$/;
const VISIBLE_AND_SPACES = /^[\t\x20-\x7e]*$/;
/** Set by the library or by the connection; a caller who sets them breaks one or the other. */
const DENIED = new Set([
  "authorization",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Checks a base URL and takes trailing slashes off it. The value itself is never echoed: it may hold a password.
 *
 * @throws SignalboxError `invalid_options` with `path`: not a URL; plain http beyond loopback (unless allowed);
 * credentials, a query or a fragment in it.
 */
export function assertBaseUrl(
  value: unknown,
  path: string,
  options: { readonly allowInsecureHttp?: boolean | undefined } = {},
): string {
  let url: URL;
  try {
    url = new URL(typeof value === "string" ? value.trim() : "");
  } catch {
    throw invalidOption(path, "is not a URL");
  }
  if (url.username !== "" || url.password !== "") throw invalidOption(path, "must not hold credentials");
  if (url.search !== "" || url.hash !== "") throw invalidOption(path, "must not hold a query or fragment");
  const isPlain = url.protocol === "http:" && (options.allowInsecureHttp === true || LOOPBACK.test(url.hostname));
  if (url.protocol !== "https:" && !isPlain) {
    throw invalidOption(path, "must be https (plain http on loopback, elsewhere with allowInsecureHttp)");
  }
  return url.href.replace(/\/+$/, "");
}

/**
 * Checks extra headers and gives them lower-case names.
 *
 * @throws SignalboxError `invalid_options` with `path`: a name that is no token or belongs to the connection, a value
 * with anything but visible ASCII and spaces. Values are never echoed.
 */
export function assertHeaders(headers: unknown, path: string): { [name: string]: string } {
  const checked: { [name: string]: string } = {};
  if (headers === undefined || headers === null) return checked;
  // A Headers or a Map has no names of its own to read: it would be left out without a word.
  if (typeof headers !== "object" || Symbol.iterator in headers)
    throw invalidOption(path, "must be an object of header names and values");
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!TOKEN.test(name) || lower === "__proto__") throw invalidOption(path, "holds a name that is not a header name");
    if (DENIED.has(lower) || lower.startsWith("proxy-"))
      throw invalidOption(`${path}.${name}`, "is set by the library");
    if (typeof value !== "string" || !VISIBLE_AND_SPACES.test(value)) {
      throw invalidOption(`${path}.${name}`, "must be visible ASCII");
    }
    checked[lower] = value.trim();
  }
  return checked;
}

/**
 * Checks an API key and trims it. Fetch would print a bad one in its error message.
 *
 * @throws SignalboxError `invalid_options` with `path`; the value is never echoed.
 */
export function assertApiKey(value: unknown, path: string): string {
  const key = typeof value === "string" ? value.trim() : "";
  if (!VISIBLE.test(key))
    throw invalidOption(path, "must be one or more visible ASCII characters, without spaces or line breaks");
  return key;
}
