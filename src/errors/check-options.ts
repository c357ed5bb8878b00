import { invalidOption, type SignalboxError } from "./signalbox-error.js";

/**
 * Refuses anything but a plain options object with known names.
 *
 * @throws SignalboxError `invalid_options` with the path of the unknown option.
 */
export function checkOptions(options: unknown, maker: string, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidOption("options", `must be an object: the options of ${maker}()`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw invalidOption(name.slice(0, 64), `is no option of ${maker}(); known are ${known.join(", ")}`);
    }
  }
}

/** Whether `value` is an object and no list. */
export function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error of an option that nobody reads, with those that are read. */
export function unknownOption(path: string, known: readonly string[]): SignalboxError {
  return invalidOption(path, `is not an option; known are ${known.join(", ")}`);
}

/** Refuses anything but an object of known names at `path`. @throws SignalboxError `invalid_options` */
export function checkNames(given: unknown, path: string, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalidOption(path, "must be an object of options");
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw unknownOption(`${path}.${name.slice(0, 64)}`, known);
  }
}

/** An option that is one of a few words; `fallback` where it is not given. */
export function checkWord<Word extends string>(
  value: Word | undefined,
  path: string,
  words: readonly Word[],
  fallback: Word,
): Word {
  if (value === undefined) return fallback;
  if (!words.includes(value)) throw invalidOption(path, `must be one of ${words.join(", ")}`);
  return value;
}

/** A provider id: it becomes the front of `"provider/model"`. */
export function checkId(value: unknown, path = "id"): string {
  if (typeof value !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/.test(value)) {
    throw invalidOption(path, "must be 1 to 64 letters, digits, dots, dashes, colons or underscores");
  }
  return value;
}

/** An option that is a function, or absent. */
export function checkFunction(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== "function") throw invalidOption(path, "must be a function");
}

/** An option that is true or false, or absent. */
export function checkBoolean(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== "boolean") throw invalidOption(path, "must be true or false");
}

/** Something handed in, known by its methods; `what` says what it must be. */
export function checkMethods(value: unknown, path: string, methods: readonly string[], what: string): void {
  const given = typeof value === "object" || typeof value === "function" ? value : null;
  const has = (name: string): boolean => typeof (given as { [name: string]: unknown })[name] === "function";
  if (given === null || !methods.every(has)) throw invalidOption(path, `must be ${what}`);
}

/** The phases whose time an option can set. */
export const PHASES = ["headersMs", "firstTokenMs", "idleMs"] as const;

/** Times that were given, or none: an object of milliseconds. @throws SignalboxError `invalid_options` */
export function checkTimeouts(value: unknown, path: string, known: readonly string[] = PHASES): void {
  if (value === undefined) return;
  checkNames(value, path, known);
  for (const [name, ms] of Object.entries(value as object)) {
    if (ms === undefined || (typeof ms === "number" && ms > 0 && ms <= 2_147_483_647)) continue;
    throw invalidOption(`${path}.${name}`, "must be milliseconds above 0");
  }
}

/** A clock that was handed in, or none. */
export function checkClock(value: unknown): void {
  if (value !== undefined) checkMethods(value, "clock", ["now", "wallNow", "setTimeout", "clearTimeout"], "a Clock");
}

/** Checks that `value` is left out or a {@link Transport}: an object with a `send`. */
export function checkTransport(value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null || typeof (value as { send?: unknown }).send !== "function") {
    throw invalidOption("transport", "must be a transport: an object with a function send");
  }
}
