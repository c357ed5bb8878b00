import { packReply } from "../cache/stored-reply.js";
import { refusal } from "../cache/write-gate.js";
import { countsOf } from "../chat/usage.js";
import type { Answer } from "../flow/attempt-chat.js";
import type { Call } from "../flow/call.js";
import { lifetimeOf } from "./lookup.js";
import type { RouterParts } from "./parts.js";
import type { Run } from "./run.js";
import { noteSimilar } from "./similar.js";

/** Once per flight: what the answer teaches, and the cache. */
export function keep(parts: RouterParts, run: Run, call: Call, landed: Answer): Answer {
  const { candidate, reply } = landed;
  if (parts.affinity && candidate.provider.prefixCache && reply.usage && !reply.usage.estimated) {
    const { cacheRead } = countsOf(reply.usage);
    parts.affinity.served(run.chain, candidate.id, parts.services.clock.now(), cacheRead);
  }
  parts.toolLoops.began(reply.choices[0].message, candidate.id);
  store(parts, run, call, landed);
  return landed;
}

function store(parts: RouterParts, run: Run, call: Call, { candidate, reply }: Answer): void {
  const { caching, events, services } = parts;
  const { cacheKey, options, requestId } = run;
  if (!caching || !cacheKey || (options.cache && options.cache.mode === "read")) return;
  const reason = call.degraded.length > 0 ? "degraded" : refusal(run.request, reply, caching.gate);
  let kept = false;
  if (reason === null) {
    const costUsd = answerCost(call, candidate);
    const about = {
      provider: candidate.provider.id,
      candidate: candidate.id,
      storedAtWallMs: services.clock.wallNow(),
      costUsd,
    };
    const cache = options.cache || {};
    const freshMs = lifetimeOf(parts, run);
    kept = caching.responses.put(cacheKey, packReply(reply, about), {
      ttlMs: Number.isFinite(freshMs) ? freshMs + parts.staleMs : cache.ttlMs,
      tags: cache.tags,
      tenant: options.tenant,
      conversationId: options.conversationId,
    });
  }
  if (kept && caching.similar) noteSimilar(parts, run);
  if (events.has("cache")) {
    events.emit("cache", {
      requestId,
      status: kept ? "stored" : "refused",
      reason: reason ?? (kept ? undefined : "size"),
    });
  }
}

/** What the answering call cost; others of the same request (failed, or a hedge that lost) would not be saved. */
function answerCost({ attempts }: Call, { provider, info }: Answer["candidate"]): number | null {
  const own = attempts.findLast(
    ({ outcome, provider: id, model }) => outcome === "success" && id === provider.id && model === info.id,
  );
  return own?.costUsd ?? null;
}
