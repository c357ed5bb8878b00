import { invalidOption } from "../errors/signalbox-error.js";

/**
 * Refuses an option of a strategy that is given and not a number from `least` to `most`.
 *
 * @throws SignalboxError `invalid_options` naming the path
 */
export function checkNumber(value: number | undefined, path: string, least = 0, most = 1): void {
  if (value === undefined || (typeof value === "number" && value >= least && value <= most)) return;
  throw invalidOption(path, `must be a number from ${least} to ${most}`);
}
