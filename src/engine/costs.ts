import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { AttemptSummary } from "../errors/kinds.js";
import type { Call } from "./call.js";

/** Where a router that serves as a provider says what its stream cost: seen by routers alone, also of another copy. */
const COST = Symbol.for("signalbox.cost.v1");

/** Dollars for all upstream calls of a request; `null` where one of them has no known price. */
export function costOfAll(attempts: readonly AttemptSummary[]): number | null {
  let sum = 0;
  for (const { costUsd } of attempts) {
    if (costUsd === null) return null;
    sum += costUsd;
  }
  return sum;
}

/** Dollars that the call may still spend under its own limit; `Infinity` without one. */
export function leftUsd({ attempts, options: { maxCostUsd } }: Pick<Call, "attempts" | "options">): number {
  if (maxCostUsd === undefined) return Number.POSITIVE_INFINITY;
  let left = maxCostUsd;
  for (const { costUsd } of attempts) left -= costUsd ?? 0;
  return Math.max(0, left);
}

/** What a provider that is itself a router paid for this reply; `undefined` where nobody says. */
export function costInRoute(reply: ChatReply): number | null | undefined {
  const { route } = reply as { route?: { costUsd?: unknown } | null };
  return dollars(route?.costUsd);
}

/** The chunk, telling what the whole answer cost. */
export function tellCost(chunk: ChatChunk, costUsd: number | null): ChatChunk {
  return Object.defineProperty({ ...chunk }, COST, { value: costUsd });
}

/** What a chunk tells of the whole answer's cost; `undefined` where it tells nothing. */
export function costInChunk(chunk: ChatChunk): number | null | undefined {
  return dollars((chunk as { [COST]?: unknown })[COST]);
}

function dollars(value: unknown): number | null | undefined {
  if (value === null) return null;
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : undefined;
}
