import type { ChatReply } from "../chat/reply.js";
import type { Route, RouteCache } from "../contract/records.js";
import { extended } from "../core/extended.js";

/** Who answered, where the answer came from a router. */
export type Answered = Pick<Route, "provider" | "model">;

/** Who gave this reply, or what is read of this stream, if a router says so. */
export function answeredBy(given: unknown): Answered | undefined {
  const { route } = (given ?? {}) as { readonly route?: Partial<Answered> | null };
  const { provider, model } = route ?? {};
  return typeof provider === "string" && typeof model === "string" ? { provider, model } : undefined;
}

/** A router's answer for one who did not have it made: nobody was called for it, and nothing paid. */
export function secondHand(
  reply: ChatReply,
  { provider, model }: Answered,
  requestId: string,
  latencyMs: number,
  cache: RouteCache,
): ChatReply & { route: Route } {
  const who = { requestId, provider, model, strategy: "", degraded: [], reasons: [] };
  return extended(reply, { route: { ...who, costUsd: 0, latencyMs, ttftMs: null, attempts: [], cache } });
}
