import { bounded, field, word } from "./error-body.js";
import type { Redactor } from "./redact.js";

const MAX_DEPTH = 3;
const PLAIN_KEYS = new Set(["code", "errno", "syscall", "address", "port", "hostname", "name", "message", "stack"]);

/**
 * What may stand as `cause`: the thrown value itself where it holds nothing but a message, a stack and a system code,
 * all free of secrets and no longer than 16 KiB; else a plain copy of those. Node prints a cause with all its fields, and
 * vendors' error classes hang request headers and bodies on theirs.
 */
export function safeCause(thrown: unknown, redactor: Redactor, depth = 0): unknown {
  if (typeof thrown === "string") return redactor.scrub(bounded(thrown));
  if (typeof thrown !== "object" || thrown === null) return typeof thrown === "function" ? undefined : thrown;
  if (isClean(thrown, redactor) && depthIsClean(thrown, redactor)) return thrown;
  const copy = new Error(redactor.scrub(word(field(thrown, "message")) ?? ""));
  copy.name = word(field(thrown, "name")) ?? "Error";
  const stack = word(field(thrown, "stack"));
  if (stack !== undefined) copy.stack = redactor.scrub(stack);
  const code = word(field(thrown, "code"));
  if (code !== undefined) Object.defineProperty(copy, "code", { value: redactor.scrub(code), enumerable: true });
  const cause = field(thrown, "cause");
  if (cause !== undefined && depth < MAX_DEPTH) {
    Object.defineProperty(copy, "cause", { value: safeCause(cause, redactor, depth + 1), configurable: true });
  }
  return copy;
}

function isClean(thrown: object, redactor: Redactor): boolean {
  if (!(thrown instanceof Error)) return false;
  try {
    if (!Object.keys(thrown).every((key) => PLAIN_KEYS.has(key) || typeof field(thrown, key) === "number"))
      return false;
  } catch {
    return false;
  }
  return isCleanText(thrown.message, redactor) && isCleanText(thrown.stack ?? "", redactor);
}

function isCleanText(text: unknown, redactor: Redactor): boolean {
  return typeof text === "string" && bounded(text) === text && redactor.scrub(text) === text;
}

function depthIsClean(thrown: object, redactor: Redactor): boolean {
  let link = field(thrown, "cause");
  for (let depth = 0; depth < MAX_DEPTH && link !== undefined; depth++) {
    if (typeof link === "string") return isCleanText(link, redactor);
    if (typeof link !== "object" || link === null) return true;
    if (!isClean(link, redactor)) return false;
    link = field(link, "cause");
  }
  return link === undefined;
}
