import { validateOutput } from "../chat/validate-output.js";
import { seededRandom } from "../core/random.js";
import { originOf } from "../engine/candidate.js";
import { ageOf, type StoredReply, unpackReply } from "../memory/stored-reply.js";
import { CallQueue } from "./call-queue.js";
import type { PlannedCandidate } from "./candidates.js";
import { RequestRanker } from "./decision.js";
import type { ResponseCaching, RouterParts, Usable } from "./parts.js";
import { planOf } from "./plan.js";
import type { Run } from "./run.js";

/** What memory holds for this request, fresh, from a candidate that could serve it now. */
export function lookUp(parts: RouterParts, run: Run): StoredReply | undefined {
  const { caching } = parts;
  if (!caching || !run.cacheKey || !mayRead(run)) return undefined;
  return caching.responses.peek(run.cacheKey, (stored) => serves(parts, run, stored));
}

/** What the second tier holds; `undefined` where there is none to ask. */
export function lookUpDeep(parts: RouterParts, run: Run): Promise<StoredReply | undefined> | undefined {
  const { caching } = parts;
  if (!caching || !run.cacheKey || !mayRead(run)) return undefined;
  if ((caching.cache.storeDown === true) !== caching.store.down) tellStore(parts, caching);
  return caching.responses.load(run.cacheKey, (stored) => serves(parts, run, stored));
}

/** A second tier that is down costs hits and breaks nothing: said once each time. */
function tellStore({ services }: RouterParts, { cache, store }: ResponseCaching): void {
  const words = "The cache's second tier fails or does not answer; memory goes on alone until it is back";
  store.down = cache.storeDown === true && services.warn("cache_store_down", words);
}

/** An answer that is past its lifetime, by at most `staleMs`: for when nobody can give a fresh one. */
export function lookUpStale(parts: RouterParts, run: Run, staleMs: number): StoredReply | undefined {
  const { caching } = parts;
  if (!caching || !run.cacheKey || !mayRead(run) || usesTools(run)) return undefined;
  return caching.responses.peek(run.cacheKey, (stored) => serves(parts, run, stored, staleMs));
}

/** A stored answer where it may serve: it meets the call's output schema, if there is one. */
export async function usable(
  { services }: RouterParts,
  { options }: Run,
  stored: StoredReply,
): Promise<Usable | undefined> {
  const reply = unpackReply(stored);
  if (!options.output) return { stored, reply, parsed: undefined };
  const { finish_reason: finish, message } = reply.choices[0];
  const repair = finish === "stop" ? services.repairJson : undefined;
  const result = await validateOutput(options.output, message.content ?? "", repair);
  return "value" in result ? { stored, reply, parsed: result } : undefined;
}

/** How long an answer to this call is fresh, milliseconds. */
export function lifetimeOf(parts: RouterParts, { options }: Run): number {
  return (options.cache ? options.cache.ttlMs : undefined) ?? parts.caching?.cache.ttlMs ?? Number.POSITIVE_INFINITY;
}

function usesTools({ request: { tools, messages } }: Run): boolean {
  return (tools?.length ?? 0) > 0 || messages.some(({ role }) => role === "tool");
}

/** Whether a stored answer may serve the call at all. */
export function mayRead({ options }: Run): boolean {
  return options.cache ? options.cache.mode !== "write" : true;
}

/**
 * Whether a stored answer may serve this call. Entries outlive their lifetime only where stale answers may be served, so
 * their age is looked at again.
 */
export function serves(parts: RouterParts, run: Run, stored: StoredReply, staleMs = 0): boolean {
  const candidate = parts.byId.get(stored.candidate);
  if (!candidate || stored.origin !== originOf(candidate.provider) || !mayAnswer(parts, run, candidate)) return false;
  if (parts.staleMs > 0 && ageOf(stored, parts.services.clock.wallNow()) >= lifetimeOf(parts, run) + staleMs)
    return false;
  const reason = run.filter.reason(candidate);
  // It costs nothing to serve, whatever asking anew would cost.
  if (reason !== null && reason !== "budget" && reason !== "unknown_price") return false;
  const { cache } = run.options;
  const scope = cache ? cache.scope : undefined;
  return scope !== "provider" || isFirstChoice(parts, run, candidate);
}

/** Whether this router could ask the candidate for such a request: as what it names, or to escalate. */
function mayAnswer(
  { options, selector }: RouterParts,
  { selection, request }: Run,
  candidate: PlannedCandidate,
): boolean {
  if (selection.all.includes(candidate)) return true;
  const to = options.escalate?.to;
  if (to === undefined) return false;
  const models = typeof to === "string" ? [to] : to;
  return selector.select({ messages: request.messages, models }).all.includes(candidate);
}

/** Whether the strategy would send this request to that provider now: a look that counts, draws and elects nothing. */
function isFirstChoice(parts: RouterParts, run: Run, { provider }: PlannedCandidate): boolean {
  const plan = planOf(run.selection.groups, run.filter, parts.services.clock.now());
  const ranker = new RequestRanker(parts, run, seededRandom(1), true);
  return new CallQueue(plan.groups, ranker, run.home).first()?.provider === provider;
}
