import { checkRequest } from "../chat/check.js";
import type { CallContext } from "../contract/provider.js";
import { extended } from "../core/extended.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import { createAttemptBudget } from "../resilience/attempt-budget.js";

const FIELDS: readonly string[] = [
  "signal",
  "deadline",
  "requestId",
  "tenant",
  "conversationId",
  "recalled",
  "metadata",
  "sessionKey",
  "headers",
  "attempts",
  "report",
  "warn",
] satisfies (keyof CallContext)[];

/**
 * The context of a call that nobody but its caller made: with all the time there is and a budget of its own.
 *
 * @throws SignalboxError `invalid_request`; `invalid_options` for what only a router can do
 */
export function contextByHand(request: unknown, given: object | null | undefined, requestId: string): CallContext {
  const issue = checkRequest(request);
  if (issue) throw new SignalboxError("invalid_request", `${issue.path}: ${issue.message}`, { path: issue.path });
  if (given !== undefined && given !== null && typeof given !== "object") {
    throw invalidOption("options", "must be an object");
  }
  for (const name of Object.keys(given ?? {})) {
    if (!FIELDS.includes(name))
      throw invalidOption(`options.${name}`, "is no option of a decorated provider: ask a router");
  }
  const { signal } = new AbortController();
  const deadline = { remainingMs: () => Number.POSITIVE_INFINITY };
  return extended({ signal, deadline, requestId, attempts: createAttemptBudget() }, given ?? {});
}
