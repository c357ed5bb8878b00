import type { CallOptions } from "../contract/call-options.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/** Options that stand for every call of a view. */
export interface BoundOptions extends CallOptions {
  /** A call through the view, or a view of it, can narrow these options and not widen them. @default false */
  readonly [LOCKED]?: true;
}

const LOCKED = Symbol("locked");

/** The same options, locked. */
export function locked(options: CallOptions): BoundOptions {
  return { ...options, [LOCKED]: true };
}

/**
 * A call's options over those of its view; what is `undefined` was not given. In a locked view `allow` intersects, `deny`
 * and `requireTags` unite, `maxCostUsd`, `timeoutMs` and each number of `timeouts` and `retry` take the smaller value, and
 * all else that the view binds stays.
 *
 * @throws SignalboxError `invalid_request` if another tenant is given to a locked view.
 */
export function mergedOptions(bound: BoundOptions, given: CallOptions): BoundOptions {
  const merged: { [field: string | symbol]: unknown } = { ...bound };
  const isLocked = bound[LOCKED] === true;
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const before = merged[field];
    merged[field] = isLocked && before !== undefined ? narrowed(field, before, value) : value;
  }
  return merged;
}

/** What a locked view makes of an option that it binds and a call gives, too. */
function narrowed(field: string, bound: unknown, given: unknown): unknown {
  switch (field) {
    case "allow":
      return intersection(bound as readonly string[], given as readonly string[]);
    case "deny":
    case "requireTags":
      return [...new Set([...(bound as readonly string[]), ...(given as readonly string[])])];
    case "maxCostUsd":
    case "timeoutMs":
      return Math.min(bound as number, given as number);
    case "timeouts":
    case "retry":
      return smaller(bound as Numbers, given as Numbers);
    case "tenant":
      if (given === bound) return bound;
      throw new SignalboxError("invalid_request", "tenant: this view is locked to another tenant", { path: "tenant" });
    default:
      return bound;
  }
}

type Numbers = { readonly [field: string]: number | undefined };

/** Each number that either gives, the smaller one where both do. */
function smaller(one: Numbers, other: Numbers): Numbers {
  const least: { [field: string]: number | undefined } = { ...one };
  for (const [field, value] of Object.entries(other)) {
    if (value !== undefined) least[field] = Math.min(value, least[field] ?? value);
  }
  return least;
}

/** Ids that both lists allow; a provider's id allows each of its candidates. */
function intersection(one: readonly string[], other: readonly string[]): readonly string[] {
  const within = (id: string, list: readonly string[]): boolean =>
    list.includes(id) || list.includes(id.slice(0, Math.max(0, id.indexOf("/"))));
  return [...new Set([...one.filter((id) => within(id, other)), ...other.filter((id) => within(id, one))])];
}
