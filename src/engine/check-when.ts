import { isObject } from "../chat/check-value.js";
import { checkNames } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";

const PATH = "escalate.when";

/** @throws SignalboxError `invalid_options` naming the path */
export function checkEscalate(escalate: unknown): void {
  if (!isObject(escalate)) return;
  const { to, when } = escalate;
  if (when === undefined) {
    if (to === undefined) throw invalidOption("escalate.to", "is missing, and so is `when`");
    return;
  }
  if (when === true || typeof when === "function") return;
  if (!isObject(when)) throw invalidOption(PATH, "must be true, a function, or options");
  checkNames(when, PATH, ["repeatedCalls", "toolFailures", "signal"]);
  checkCount(when.repeatedCalls, `${PATH}.repeatedCalls`, 2, 50);
  checkCount(when.toolFailures, `${PATH}.toolFailures`, 1, 5);
  const { signal } = when;
  if (signal !== undefined && typeof signal !== "function") {
    throw invalidOption(`${PATH}.signal`, "must be a function");
  }
}

function checkCount(value: unknown, path: string, least: number, most: number): void {
  if (value === undefined || value === false) return;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw invalidOption(path, `must be false or a whole number from ${least} to ${most}`);
}
