import type { Answer } from "../engine/attempt-chat.js";
import type { Call } from "../engine/call.js";
import { originOf } from "../engine/candidate.js";
import { packReply } from "../memory/stored-reply.js";
import { refusal } from "../memory/write-gate.js";
import { lifetimeOf } from "./lookup.js";
import type { RouterParts } from "./parts.js";
import { answering } from "./remember-answer.js";
import type { Run } from "./run.js";
import { noteSimilar } from "./similar.js";

/** Whether an answer to this request could be stored and served later. */
export function keepable(parts: RouterParts, run: Run): boolean {
  const { cacheKey, options } = run;
  if (!parts.caching || !cacheKey || (options.cache && options.cache.mode === "read")) return false;
  return lifetimeOf(parts, run) + parts.staleMs > 0;
}

/** Stores an answer in the cache, unless the call or the write gate refuses it. */
export function keepAnswer(parts: RouterParts, run: Run, call: Call, answer: Answer): void {
  const { candidate, reply } = answer;
  const { caching, events, services } = parts;
  const { cacheKey, options, requestId } = run;
  if (!caching || !cacheKey || (options.cache && options.cache.mode === "read")) return;
  let reason = call.degraded.length > 0 ? "degraded" : refusal(run.request, reply, caching.gate);
  // A hit could not say that its arguments were mended.
  if (answer.repairedArguments) reason ??= "repaired";
  // Kept again it would start its life anew, and pass for an answer to this very question where it was to a like one.
  if (call.found.fromCache) reason ??= "cached";
  let kept = false;
  if (reason === null) {
    const costUsd = answering(call, candidate)?.costUsd ?? null;
    const about = {
      provider: candidate.provider.id,
      candidate: candidate.id,
      origin: originOf(candidate.provider),
      storedAtWallMs: services.clock.wallNow(),
      costUsd,
      kept: call.found.kept,
    };
    const cache = options.cache || {};
    const freshMs = lifetimeOf(parts, run);
    kept = caching.responses.put(cacheKey, packReply(reply, about), {
      evict: run.warming === undefined,
      ttlMs: Number.isFinite(freshMs) ? freshMs + parts.staleMs : cache.ttlMs,
      tags: cache.tags,
      tenant: options.tenant,
      conversationId: options.conversationId,
    });
  }
  if (run.warming) run.warming.outcome = kept ? "kept" : reason === null ? "no room" : "refused";
  if (kept && caching.similar) noteSimilar(parts, run);
  if (events.has("cache")) {
    events.emit("cache", {
      requestId,
      status: kept ? "stored" : "refused",
      reason: reason ?? (kept ? undefined : "size"),
    });
  }
}
