import type { ChatReply, ModelInfo, Provider, Router } from "signalbox";

/** What happened at one candidate. */
export interface CandidateTally {
  readonly id: string;
  answered: number;
  attempts: number;
  failed: number;
  costUsd: number;
  readonly latenciesMs: number[];
}

export interface Failure {
  readonly line: number;
  readonly kind: string;
  readonly message: string;
  /** Later turns of the same conversation, which were not asked then. */
  readonly unasked: number;
}

/** Everything the table at the end shows, collected from the router's own events and replies. */
export interface Tally {
  readonly candidates: Map<string, CandidateTally>;
  readonly failures: Failure[];
  readonly breakers: string[];
  readonly usages: NonNullable<ChatReply["usage"]>[];
  readonly latenciesMs: number[];
  answers: number;
  streamed: number;
  retries: number;
  fallbacks: number;
  hits: number;
  joined: number;
  costUsd: number;
  savedUsd: number;
}

export type Answered = Awaited<ReturnType<Router["chat"]>>;

/** Listens to a router; the tally fills as it works. */
export function createTally(router: Router): Tally & { count(reply: Answered, streamed: boolean): void } {
  const began = performance.now();
  const candidates = new Map<string, CandidateTally>();
  const at = (id: string): CandidateTally => {
    const known = candidates.get(id) ?? { id, answered: 0, attempts: 0, failed: 0, costUsd: 0, latenciesMs: [] };
    candidates.set(id, known);
    return known;
  };
  const tally = {
    candidates,
    failures: [] as Failure[],
    breakers: [] as string[],
    usages: [] as NonNullable<ChatReply["usage"]>[],
    latenciesMs: [] as number[],
    answers: 0,
    streamed: 0,
    retries: 0,
    fallbacks: 0,
    hits: 0,
    joined: 0,
    costUsd: 0,
    savedUsd: 0,
    count(reply: Answered, streamed: boolean): void {
      const { route, usage } = reply;
      tally.answers += 1;
      if (streamed) tally.streamed += 1;
      tally.latenciesMs.push(route.latencyMs);
      tally.savedUsd += route.cache.savedUsd ?? 0;
      if (usage !== undefined) tally.usages.push(usage);
      if (route.cache.status === "hit") tally.hits += 1;
      else if (route.cache.status === "joined") tally.joined += 1;
      else at(`${route.provider}/${route.model}`).answered += 1;
    },
  };
  router.on("attempt", (attempt) => {
    const candidate = at(attempt.candidate);
    candidate.attempts += 1;
    candidate.costUsd += attempt.costUsd ?? 0;
    tally.costUsd += attempt.costUsd ?? 0;
    if (attempt.outcome === "success") candidate.latenciesMs.push(attempt.latencyMs);
    else candidate.failed += 1;
  });
  router.on("retry", () => {
    tally.retries += 1;
  });
  router.on("fallback", () => {
    tally.fallbacks += 1;
  });
  router.on("breaker", ({ candidate, from, to, reason }) => {
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    tally.breakers.push(`${seconds.padStart(5)} s  ${candidate}  ${from} -> ${to}  (${reason})`);
  });
  return tally;
}

/** What the same tokens would have cost at one provider alone, with no router and no response cache. */
export function costAtOne(tally: Tally, provider: Provider): { model: string; usd: number } | null {
  const used = [...tally.candidates.values()]
    .filter(({ id }) => id.startsWith(`${provider.id}/`))
    .sort((a, b) => b.answered - a.answered)[0]?.id;
  const name = used?.slice(provider.id.length + 1) ?? provider.autoModels?.[0];
  const model = provider.models.find(({ id }) => id === name) ?? provider.models[0];
  if (model === undefined || model.usdPerMTok === null) return null;
  const usd = tally.usages.reduce((sum, usage) => sum + priceOf(usage, model), 0);
  return { model: model.id, usd };
}

function priceOf(usage: NonNullable<ChatReply["usage"]>, model: ModelInfo): number {
  const price = model.usdPerMTok;
  if (price === null) return 0;
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const input = (usage.prompt_tokens - cached) * price.input + cached * (price.cacheRead ?? price.input);
  return (input + usage.completion_tokens * price.output) / 1e6;
}
