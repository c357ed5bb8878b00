import type { Call } from "./call.js";

/** Says that an answer is less than was asked for, and by which rung: degradation is never silent. */
export function tellDegraded({ degraded, services, requestId }: Call, rung: string): void {
  if (degraded.includes(rung)) return;
  degraded.push(rung);
  if (services.events.has("degraded")) services.events.emit("degraded", { requestId, rung });
}
