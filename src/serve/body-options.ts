import type { CallOptions } from "../contract/call-options.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/** The per-call options that a request body can carry: those that are plain JSON. */
const NAMES = [
  "timeoutMs",
  "timeouts",
  "retry",
  "strategy",
  "allow",
  "deny",
  "requireTags",
  "fallback",
  "maxCostUsd",
  "cache",
  "conversationId",
  "sessionKey",
  "tenant",
  "taskType",
  "sensitivity",
  "priority",
  "require",
  "metadata",
  "tags",
] as const satisfies readonly (keyof CallOptions)[];

/** A per-call option that can be written in JSON. */
export type BodyOption = (typeof NAMES)[number];

/**
 * Reads the `signalbox` field of a body.
 * @param allowed `false`: the field is refused; `true`: everything; else only these.
 * @throws SignalboxError `invalid_request` naming the field that may not be chosen here.
 */
export function bodyOptions(field: unknown, allowed: boolean | readonly BodyOption[]): CallOptions | undefined {
  if (field === undefined || field === null) return undefined;
  if (allowed === false) {
    throw refused(
      "signalbox",
      "per-call options in the body are off; createFetch(router, { bodyOptions: true }) takes them",
    );
  }
  if (typeof field !== "object" || Array.isArray(field))
    throw refused("signalbox", "must be an object of per-call options");
  const names: readonly string[] = allowed === true ? NAMES : allowed;
  for (const name of Object.keys(field)) {
    if (!names.includes(name))
      throw refused(`signalbox.${name}`, `may not be chosen here; these may: ${names.join(", ")}`);
  }
  return { ...field };
}

/** Checks the `bodyOptions` of a door once, so that a misspelt name is an error instead of a refusal later. */
export function checkBodyOptions(allowed: unknown): void {
  if (typeof allowed === "boolean") return;
  const names: readonly string[] = NAMES;
  if (Array.isArray(allowed) && allowed.every((name) => names.includes(name))) return;
  throw new SignalboxError("invalid_options", `bodyOptions: must be a boolean or a list of ${names.join(", ")}`, {
    path: "bodyOptions",
  });
}

function refused(path: string, why: string): SignalboxError {
  return new SignalboxError("invalid_request", `${path}: ${why}`, { path });
}
