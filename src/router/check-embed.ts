import { checkNames } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { RouterOptions } from "./options.js";

/** @throws SignalboxError `invalid_options` naming the path */
export function checkEmbed(embed: RouterOptions["embed"]): void {
  if (embed === undefined || typeof embed === "function") return;
  checkNames(embed, "embed", ["embed", "waitMs", "timeoutMs"]);
  if (typeof embed.embed !== "function") throw invalidOption("embed.embed", "must be a function");
  checkMs(embed.waitMs, "embed.waitMs", 0, 1_000);
  checkMs(embed.timeoutMs, "embed.timeoutMs", 1, 60_000);
}

function checkMs(value: unknown, path: string, least: number, most: number): void {
  if (value === undefined || (typeof value === "number" && value >= least && value <= most)) return;
  throw invalidOption(path, `must be milliseconds from ${least} to ${most}`);
}
