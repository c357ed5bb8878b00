import type { Verdict } from "../contract/verdict.js";
import { environmentVariable } from "../core/platform.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import { assertApiKey } from "../wire/guard.js";

/** Who a call is for, as a key function needs to know it. */
export interface KeyContext {
  /** On whose behalf the call is made. */
  readonly tenant?: string | undefined;
  /** The call's own labels. */
  readonly metadata?: unknown;
}

/**
 * One key; several that take turns; or a function that is asked before every call. A function is asked again, once for
 * all calls that used the same key, if a vendor refuses its key with a 401.
 */
export type ApiKeyOption = string | readonly string[] | ((context: KeyContext) => string | Promise<string>);

/** What a vendor holds against a key. */
export interface KeyRefusal {
  readonly kind: "auth" | "quota" | "rate_limit";
  readonly retryAfterMs?: number | undefined;
}

/** Keys of one provider, held in a closure: nothing that is printed or serialised shows them. */
export interface KeyRing {
  /** Whether there is any key to use. */
  readonly present: boolean;
  /** Whether each call brings its own key, so that a refusal says nothing about other callers. */
  readonly perCall: boolean;
  /** The key for the next call; `""` if the provider needs none. */
  next(context: KeyContext): string | Promise<string>;
  /** A key was refused. Returns the one to use in its place; `undefined` if there is none. */
  instead(key: string, refusal: KeyRefusal, context: KeyContext): string | undefined | Promise<string | undefined>;
  /** A key was accepted: whatever was held against it is over. */
  worked(key: string): void;
  /** What is held against keys of a list now, by their places; never the keys. @param wallNowMs for the times told */
  verdicts(wallNowMs: number): readonly Verdict[];
  /** Every key that was in use lately, for redaction. */
  all(): readonly string[];
}

const REMEMBERED = 16;

/**
 * Reads the key option, else the first of `variables` that is set.
 *
 * @throws SignalboxError `invalid_options` naming the path (`apiKey`, `apiKey[1]`, `env.NAME`), never the value.
 */
export function readKeys(
  option: ApiKeyOption | undefined,
  variables: readonly string[],
  now: () => number,
  env: (name: string) => string | undefined = environmentVariable,
): KeyRing {
  if (typeof option === "function") return fromFunction(option);
  if (option !== undefined) {
    const list = typeof option === "string" ? [option] : option;
    if (!Array.isArray(list) || list.length === 0) {
      throw invalidOption("apiKey", "must be a key, a list of keys or a function that gives one");
    }
    const path = (index: number) => (typeof option === "string" ? "apiKey" : `apiKey[${index}]`);
    return fromList(
      list.map((key: unknown, index) => checkKey(key, path(index))),
      now,
    );
  }
  for (const name of variables) {
    const value = env(name);
    if (value !== undefined && value.trim() !== "") return fromList([checkKey(value, `env.${name}`)], now);
  }
  return fromList([], now);
}

/** A line break at the end is a mistake worth telling: the same key pasted elsewhere would split a header. */
function checkKey(value: unknown, path: string): string {
  if (typeof value === "string" && /[\r\n]/.test(value)) throw invalidOption(path, "must not hold a line break");
  return assertApiKey(value, path);
}

/** What is held against one key of a list. */
interface KeyVerdict {
  untilMs: number;
  readonly kind: KeyRefusal["kind"];
  /** When the first of the refusals in a row came. */
  readonly sinceMs: number;
  /** How often it was refused in a row: the exponent of the next wait. */
  refusals: number;
}

/** First wait of a refused key, and the longest, milliseconds: each trial of a dead key costs a call. */
const ASIDE_MS = 60_000;
const MOST_ASIDE_MS = 3_600_000;
/** While one call tries a key that was set aside, others leave it alone for this long, milliseconds. */
const TRIAL_MS = 10_000;

function fromList(keys: readonly string[], now: () => number): KeyRing {
  const verdicts = new Map<string, KeyVerdict>();
  let turn = 0;
  /** The first usable key from `first` on. One whose wait is over is lent to this call alone, as a trial. */
  const usable = (first: number): string | undefined => {
    const nowMs = now();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[(first + i) % keys.length] as string;
      const verdict = verdicts.get(key);
      if (verdict === undefined) return key;
      if (verdict.untilMs > nowMs) continue;
      verdict.untilMs = nowMs + TRIAL_MS;
      return key;
    }
    return undefined;
  };
  return {
    present: keys.length > 0,
    perCall: false,
    next() {
      const first = turn++ % Math.max(keys.length, 1);
      if (verdicts.size === 0) return keys[first] ?? "";
      return usable(first) ?? keys[first] ?? "";
    },
    instead(key, { kind, retryAfterMs }) {
      if (keys.length < 2) return undefined;
      const refusals = (verdicts.get(key)?.refusals ?? 0) + 1;
      const growing = Math.min(MOST_ASIDE_MS, ASIDE_MS * 2 ** (refusals - 1));
      const forMs = kind === "rate_limit" ? (retryAfterMs ?? 1_000) : growing;
      const nowMs = now();
      const sinceMs = verdicts.get(key)?.sinceMs ?? nowMs;
      verdicts.set(key, { untilMs: nowMs + forMs, kind, sinceMs, refusals: kind === "rate_limit" ? 0 : refusals });
      return usable(Math.max(0, keys.indexOf(key)) + 1);
    },
    worked(key) {
      verdicts.delete(key);
    },
    verdicts(wallNowMs) {
      const nowMs = now();
      const toWallMs = wallNowMs - nowMs;
      const standing: Verdict[] = [];
      for (const [key, { kind, sinceMs, untilMs, refusals }] of verdicts) {
        if (untilMs <= nowMs) continue;
        const sinceWallMs = sinceMs + toWallMs;
        standing.push({
          scope: "key",
          reason: `apiKey[${keys.indexOf(key)}]: ${kind}`,
          evidence: { requests: Math.max(1, refusals), successes: 0, sinceMs: sinceWallMs },
          sinceMs: sinceWallMs,
          untilMs: untilMs + toWallMs,
        });
      }
      return standing;
    },
    all: () => keys,
  };
}

/** Renewed keys that are kept, so that calls which come late with the old one need not ask again. */
const MOST_RENEWALS = 64;

function fromFunction(give: (context: KeyContext) => string | Promise<string>): KeyRing {
  let lately: string[] = [];
  /** By the refused key: what the function gave in its place. */
  const renewals = new Map<string, Promise<string>>();
  const remember = (value: unknown): string => {
    const key = checkKey(value, "apiKey()");
    if (!lately.includes(key)) lately = [key, ...lately].slice(0, REMEMBERED);
    return key;
  };
  const failed = (cause: unknown): never => {
    if (SignalboxError.isInstance(cause)) throw cause;
    throw new SignalboxError("auth", "the apiKey function failed", { detail: "key_function", cause });
  };
  const next = (context: KeyContext): string | Promise<string> => {
    try {
      const given = give(context);
      return typeof given === "string" ? remember(given) : Promise.resolve(given).then(remember).catch(failed);
    } catch (cause) {
      return failed(cause);
    }
  };
  return {
    present: true,
    perCall: true,
    next,
    async instead(key, { kind }, context) {
      if (kind !== "auth") return undefined;
      let renewal = renewals.get(key);
      if (renewal === undefined) {
        renewal = Promise.resolve(next(context));
        renewals.set(key, renewal);
        if (renewals.size > MOST_RENEWALS) renewals.delete(renewals.keys().next().value as string);
        // A function that gives the same key, or fails, is asked again for the next call that is refused.
        renewal.then(
          (given) => given === key && renewals.delete(key),
          () => renewals.delete(key),
        );
      }
      const given = await renewal;
      return given === key ? undefined : given;
    },
    worked() {},
    verdicts: () => [],
    all: () => lately,
  };
}
