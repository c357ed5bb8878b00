import { seededRandom } from "../../../src/core/random.js";
import type { Policy } from "./policies.js";
import { type Outcome, Upstream } from "./upstream.js";
import { PROVIDERS, type World } from "./world.js";

/** A request that has not succeeded by then has failed. */
export const DEADLINE_MS = 60_000;

/** Upstream calls per request in all, for every policy: the router's default. */
const ATTEMPTS = 4;
/** Waits of one request, full jitter, doubling. */
const WAITS = 6;
const BACKOFF_MS = 500;
const BACKOFF_CAP_MS = 8_000;

/** A request answered within this long meets its objective. */
const OBJECTIVE_MS = 10_000;

export interface RunResult {
  /** Milliseconds to the good answer, sorted; failed requests count as the deadline. */
  readonly times: Float64Array;
  readonly meanMs: number;
  readonly failed: number;
  readonly attemptsPerRequest: number;
  /** Of all attempts, those refused with 429. */
  readonly refusedShare: number;
  readonly costPerSuccess: number;
  readonly withinObjective: number;
  /** Largest share of successes that one provider gave. */
  readonly largestShare: number;
  /** Milliseconds from the start of the outage until under 5 % of first choices went there, and from its end until a fifth of its former share came back. */
  readonly detectionMs: number | null;
  readonly recoveryMs: number | null;
}

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** One policy through one world, with `instances` independent routers that share nothing but the vendors. */
export function simulate(world: World, policy: Policy, instances: number, seed: number): RunResult {
  const upstream = new Upstream(world);
  const random = seededRandom(seed * 31 + 7);
  const routers = Array.from({ length: instances }, (_, index) =>
    policy.create({ world, upstream, instances, seed: seed * 101 + index }),
  );
  const queue = new Heap();
  const { requests } = world;
  const times = new Float64Array(requests.length).fill(DEADLINE_MS);
  const served = PROVIDERS.map(() => 0);
  const firsts: { atMs: number; provider: number }[] = [];
  let attempts = 0;
  let refused = 0;
  let cost = 0;
  let ok = 0;
  let order = 0;
  const later = (atMs: number, run: () => void) => queue.push({ atMs, order: order++, run });

  const attempt = (index: number, atMs: number, tried: Set<number>, used: number, waits: number): void => {
    const request = requests[index]!;
    const router = routers[index % instances]!;
    if (used >= ATTEMPTS || waits > WAITS || atMs - request.atMs >= DEADLINE_MS) {
      router.ended?.(index, false, 0, DEADLINE_MS);
      return;
    }
    const provider = router.pick(index, atMs, tried);
    if (provider === -1) {
      // Nobody is left, or all rest: everybody is asked again after a wait, a few times.
      tried.clear();
      const waitMs = random() * Math.min(BACKOFF_CAP_MS, BACKOFF_MS * 2 ** waits);
      later(atMs + waitMs, () => attempt(index, atMs + waitMs, tried, used, waits + 1));
      return;
    }
    if (used === 0) firsts.push({ atMs, provider });
    start(index, atMs, provider, tried, used, waits);
  };

  const start = (
    index: number,
    atMs: number,
    provider: number,
    tried: Set<number>,
    used: number,
    waits: number,
  ): void => {
    const router = routers[index % instances]!;
    const outcome = upstream.call(provider, index, used, atMs, requests[index]!.atMs + DEADLINE_MS - atMs);
    const lease = router.start(provider, index, atMs, tried);
    attempts += 1;
    cost += outcome.costUsd;
    if (outcome.kind === "rate_limit") refused += 1;
    const endMs = atMs + outcome.latencyMs;
    later(endMs, () => {
      upstream.end(provider);
      router.settle(provider, index, lease, endMs, outcome);
      if (outcome.kind !== "success") {
        tried.add(provider);
        attempt(index, endMs, tried, used + 1, waits);
        return;
      }
      served[provider]! += 1;
      ok += 1;
      times[index] = Math.min(DEADLINE_MS, endMs - requests[index]!.atMs);
      router.ended?.(index, true, outcome.costUsd, times[index]!);
    });
  };

  for (const [index, { atMs }] of requests.entries()) later(atMs, () => attempt(index, atMs, new Set(), 0, 0));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) next.run();

  let sum = 0;
  let within = 0;
  for (const time of times) {
    sum += time;
    if (time <= OBJECTIVE_MS) within += 1;
  }
  times.sort();
  return {
    times,
    meanMs: sum / times.length,
    failed: (requests.length - ok) / requests.length,
    attemptsPerRequest: attempts / requests.length,
    refusedShare: refused / attempts,
    costPerSuccess: cost / Math.max(1, ok),
    withinObjective: within / times.length,
    largestShare: Math.max(...served) / Math.max(1, ok),
    ...outageTimes(world, firsts),
  };
}

/** Quantile of sorted times. */
export function quantile(sorted: Float64Array, p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

const WINDOW_MS = 5_000;

function outageTimes(
  { outage }: World,
  firsts: readonly { atMs: number; provider: number }[],
): { detectionMs: number | null; recoveryMs: number | null } {
  if (outage === null) return { detectionMs: null, recoveryMs: null };
  const share = (fromMs: number, toMs: number): number => {
    let all = 0;
    let there = 0;
    for (const { atMs, provider } of firsts) {
      if (atMs < fromMs || atMs >= toMs) continue;
      all += 1;
      if (provider === outage.provider) there += 1;
    }
    return all === 0 ? 0 : there / all;
  };
  const before = share(Math.max(0, outage.fromMs - 120_000), outage.fromMs);
  const first = (fromMs: number, good: (value: number) => boolean): number | null => {
    for (let at = fromMs; at < fromMs + 300_000; at += WINDOW_MS)
      if (good(share(at, at + WINDOW_MS))) return at - fromMs + WINDOW_MS;
    return null;
  };
  // Who hardly went there before has nothing to detect.
  if (before < 0.1) return { detectionMs: null, recoveryMs: null };
  return {
    detectionMs: first(outage.fromMs, (value) => value < 0.05),
    recoveryMs: first(outage.toMs, (value) => value >= before / 5),
  };
}

/** A binary heap by time, then by order of entry. */
class Heap {
  readonly #items: Pending[] = [];

  push(item: Pending): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(items[parent]!, item)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Pending | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child += 1;
      if (before(last, items[child]!)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export type { Outcome };
