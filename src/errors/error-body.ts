/** What a body says about a failure, whatever the vendor's shape. All text is as received: scrub before showing. */
export interface ErrorBody {
  /** Whether the body is an error at all; a good answer is not, `base_resp.status_code: 0` included. */
  readonly isError: boolean;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** At most 16 KiB: the first and last 8 KiB of a longer text. */
  readonly message: string;
  readonly requestId?: string | undefined;
  /** What a router behind this endpoint calls it, in its own words: `signalbox/openai` writes them. */
  readonly own?: RouterWords | undefined;
  /** For a body that is text: HTML, empty, or something else. */
  readonly text?: "html" | "empty" | "other" | undefined;
}

/** An error as the router that met it calls it. */
export interface RouterWords {
  readonly kind: string;
  readonly detail?: string | undefined;
  readonly retryable?: unknown;
}

const HALF = 8_192;
const HTML = /^[\s\uFEFF]{0,64}<(?:!doctype|html|head|body|\?xml|center|h1)/i;

/** Reads an error out of parsed JSON or text. Never throws, whatever it is given. */
export function readErrorBody(body: unknown): ErrorBody {
  if (body === undefined || body === null) return { isError: false, message: "", text: "empty" };
  if (typeof body === "string") return readText(body);
  // Google wraps the error in an array.
  return readObject(Array.isArray(body) ? field(body, "0") : body);
}

/** The first and last 8 KiB of a text: what a pattern may look at. */
export function bounded(text: string): string {
  return text.length <= 2 * HALF ? text : `${text.slice(0, HALF)}\n${text.slice(-HALF)}`;
}

/** A property of anything; `undefined` where there is none or reading it throws. */
export function field(value: unknown, key: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return (value as { [key: string]: unknown })[key];
  } catch {
    return undefined;
  }
}

/** A string or finite number as text; anything else is `undefined`. */
export function word(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return bounded(value);
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

function readText(body: string): ErrorBody {
  if (HTML.test(body)) return { isError: false, message: "", text: "html" };
  const text = body.trim();
  return { isError: false, message: bounded(text), text: text === "" ? "empty" : "other" };
}

function readObject(body: unknown): ErrorBody {
  const requestId = word(field(body, "request_id")) ?? word(field(body, "requestId"));
  const base = field(body, "base_resp");
  const baseCode = word(field(base, "status_code"));
  if (baseCode !== undefined && baseCode !== "0") {
    return { isError: true, code: baseCode, message: word(field(base, "status_msg")) ?? "", requestId };
  }
  const error = unwrap(field(body, "error"));
  if (typeof error === "string" && error !== "") {
    return { isError: true, code: topCode(body), message: bounded(error), requestId };
  }
  if (typeof error === "object" && error !== null) {
    return {
      isError: true,
      code: word(field(error, "code")) ?? topCode(body),
      type: word(field(error, "type")) ?? word(field(error, "status")),
      message: word(field(error, "message")) ?? word(field(error, "msg")) ?? "",
      requestId: requestId ?? word(field(error, "request_id")),
      own: ownWords(field(error, "signalbox")),
    };
  }
  return { ...readLooseForms(body), requestId };
}

function ownWords(own: unknown): ErrorBody["own"] {
  const kind = word(field(own, "kind"));
  return kind === undefined
    ? undefined
    : { kind, detail: word(field(own, "detail")), retryable: field(own, "retryable") };
}

/** `{ error: { error: { ... } } }`, as gateways that wrap a vendor's body answer. */
function unwrap(error: unknown): unknown {
  const inner = field(error, "error");
  return typeof inner === "object" && inner !== null ? inner : error;
}

/** Errors without an `error` field: `{ code, message }`, `{ detail }`, `{ errors: [...] }`, `{ type: "error" }`. */
function readLooseForms(body: unknown): ErrorBody {
  const message = word(field(body, "message")) ?? word(field(body, "msg"));
  const code = topCode(body);
  const isAnswer = Array.isArray(field(body, "choices")) || Array.isArray(field(body, "content"));
  if (!isAnswer && message !== undefined && (code !== undefined || field(body, "success") === false)) {
    return { isError: true, code, message };
  }
  if (field(body, "type") === "error") return { isError: true, code, message: message ?? "" };
  const detail = field(body, "detail");
  const detailText = word(detail) ?? word(field(field(detail, "0"), "msg"));
  if (!isAnswer && detailText !== undefined) return { isError: true, message: detailText };
  const first = field(field(body, "errors"), "0");
  if (!isAnswer && first !== undefined) {
    return {
      isError: true,
      code: word(field(first, "code")),
      message: word(field(first, "message")) ?? word(first) ?? "",
    };
  }
  // Words alone make no error of a body; where the status does, they say which.
  return { isError: false, message: isAnswer ? "" : (message ?? "") };
}

function topCode(body: unknown): string | undefined {
  const code = word(field(body, "code"));
  return code === "0" || code === "200" ? undefined : code;
}
