import type { Call } from "./call.js";

/** Says that an answer is less than was asked for, and by which rung: degradation is never silent, to no router around. */
export function tellDegraded({ degraded, services, requestId, report }: Call, rung: string): void {
  if (degraded.includes(rung)) return;
  degraded.push(rung);
  report?.("degraded", rung);
  if (services.events.has("degraded")) services.events.emit("degraded", { requestId, rung });
}
