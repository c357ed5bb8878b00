import { environmentVariable } from "../core/platform.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import { assertApiKey } from "../wire/guard.js";

/** One key, several that take turns, or a function that is asked before every call. */
export type ApiKeyOption = string | readonly string[] | (() => string | Promise<string>);

/** Keys of one provider, held in a closure: nothing that is printed or serialised shows them. */
export interface KeyRing {
  /** Whether there is any key to use. */
  readonly present: boolean;
  /** The key for the next call; `""` where the provider needs none. */
  next(): string | Promise<string>;
  /** A key was refused or is used up: others go first for a while. Whether there is another that is usable now. */
  setAside(key: string, untilMs: number): boolean;
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

function fromList(keys: readonly string[], now: () => number): KeyRing {
  const asideUntil = new Map<string, number>();
  let turn = 0;
  return {
    present: keys.length > 0,
    next() {
      const first = turn++ % Math.max(keys.length, 1);
      if (asideUntil.size === 0) return keys[first] ?? "";
      const nowMs = now();
      for (let i = 0; i < keys.length; i++) {
        const key = keys[(first + i) % keys.length] as string;
        if ((asideUntil.get(key) ?? 0) <= nowMs) return key;
      }
      return keys[first] ?? "";
    },
    setAside(key, untilMs) {
      if (keys.length < 2) return false;
      asideUntil.set(key, untilMs);
      const nowMs = now();
      return keys.some((other) => (asideUntil.get(other) ?? 0) <= nowMs);
    },
    all: () => keys,
  };
}

function fromFunction(give: () => string | Promise<string>): KeyRing {
  let lately: string[] = [];
  const remember = (value: unknown): string => {
    const key = checkKey(value, "apiKey()");
    if (!lately.includes(key)) lately = [key, ...lately].slice(0, REMEMBERED);
    return key;
  };
  const failed = (cause: unknown): never => {
    if (SignalboxError.isInstance(cause)) throw cause;
    throw new SignalboxError("auth", "the apiKey function failed", { detail: "key_function", cause });
  };
  return {
    present: true,
    next() {
      try {
        const given = give();
        return typeof given === "string" ? remember(given) : Promise.resolve(given).then(remember).catch(failed);
      } catch (cause) {
        return failed(cause);
      }
    },
    setAside: () => false,
    all: () => lately,
  };
}
