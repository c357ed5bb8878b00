import { fingerprint, KEY_SCHEMA } from "../chat/fingerprint.js";
import { isReplyProblem, normalizeReply } from "../chat/normalize-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import { countsOf } from "../chat/usage.js";
import type { AnyProvider, CallContext, ModelInfo } from "../contract/provider.js";
import type { Clock } from "../core/clock.js";
import { createResponseCache } from "../memory/response-cache.js";
import { packReply, unpackReply } from "../memory/stored-reply.js";
import type { Cache } from "../memory/types.js";
import { type GateOptions, refusal, storable } from "../memory/write-gate.js";
import { costOf } from "../pricing/cost.js";
import { originOf } from "./candidate.js";
import { costInRoute } from "./costs.js";
import { type Answered, answeredBy, secondHand } from "./second-hand.js";
import type { Told } from "./shared-answers.js";

/** One request to a decorated provider, and the key its answer is kept under. */
export interface KeyedRequest {
  readonly key: string;
  readonly request: ChatRequest;
  readonly context: CallContext;
}

/** The stored answers of one decorated provider. */
export interface KeptAnswers {
  /** Where the answer to this request is kept; `undefined` for one that is neither looked up nor stored. */
  keyOf(request: ChatRequest, context: CallContext): string | undefined;
  find(key: string, context: CallContext): Promise<ChatReply | undefined>;
  /** @param by who answered, where the provider is a router and says so elsewhere than in the reply. */
  keep(asked: KeyedRequest, given: ChatReply, told: Told, by?: Answered): void;
  forget(key: string): void;
}

export interface KeptAnswersOptions {
  readonly cache: Cache;
  readonly gate: GateOptions;
  readonly ttlMs: number | undefined;
  readonly clock: Clock;
}

export function createKeptAnswers(
  provider: AnyProvider,
  { cache, gate, ttlMs, clock }: KeptAnswersOptions,
): KeptAnswers {
  const responses = createResponseCache(cache, ttlMs);
  const namespace = `${KEY_SCHEMA} provider ${JSON.stringify([provider.id, originOf(provider)])}`;
  return {
    keyOf(request, { tenant, report }) {
      if (!storable(request, gate)) return undefined;
      const key = fingerprint(request, tenant === undefined ? { namespace } : { namespace, tenant });
      report?.("kept", key);
      return key;
    },
    async find(key, context) {
      const startedAtMs = clock.now();
      const stored = responses.peek(key) ?? (await responses.load(key));
      if (!stored) return undefined;
      context.report?.("cached");
      const { extra, costUsd, storedAtWallMs } = stored;
      for (const within of extra?.kept ?? []) context.report?.("kept", within);
      const reply = unpackReply(stored);
      if (!extra?.answeredBy) return reply;
      const ageMs = Math.max(0, clock.wallNow() - storedAtWallMs);
      const hit = { status: "hit" as const, ageMs, ...(costUsd === null ? {} : { savedUsd: costUsd }) };
      return secondHand(reply, extra.answeredBy, context.requestId, clock.now() - startedAtMs, hit);
    },
    keep({ key, request, context }, given, told, by = answeredBy(given)) {
      const reply = wholeReply(given, request.model);
      // Kept again, what a cache within had would start its life anew.
      if (!reply || told.some(([what]) => what !== "kept") || refusal(request, reply, gate) !== null) return;
      const model = modelOf(provider, request.model);
      const listed = reply.usage && model ? costOf(countsOf(reply.usage), model.usdPerMTok) : null;
      const packed = packReply(reply, {
        provider: provider.id,
        candidate: `${provider.id}/${model?.id ?? reply.model}`,
        storedAtWallMs: clock.wallNow(),
        costUsd: costInRoute(given) ?? listed,
        kept: told.length > 0 ? told.map(([, within]) => within ?? "") : undefined,
        answeredBy: by,
      });
      const { tenant, conversationId } = context;
      responses.put(key, packed, { ttlMs, tenant, conversationId });
    },
    forget(key) {
      responses.delete(key);
    },
  };
}

/** The model a request names, or the provider's first. */
export function modelOf({ models }: AnyProvider, name: string | null | undefined): ModelInfo | undefined {
  return models.find(({ id }) => id === name) ?? models[0];
}

/** What a provider gave, as a whole reply; `undefined` where it is none. */
export function wholeReply(given: ChatReply | undefined, model: string | null | undefined): ChatReply | undefined {
  const reply = given && normalizeReply(given, model ?? "");
  return reply && !isReplyProblem(reply) ? reply : undefined;
}
