import { SignalboxError } from "../../errors/signalbox-error.js";

/** The error of a body that is not what the Messages API takes. */
export function malformed(path: string, why: string): SignalboxError {
  return new SignalboxError("invalid_request", `${path}: ${why}`, { path });
}

/** The error of a body that a router cannot carry to any vendor. */
export function unsupported(path: string, what: string): SignalboxError {
  return new SignalboxError("unsupported", `${path}: ${what}`, { path });
}
