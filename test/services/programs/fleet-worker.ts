// One of several processes that share state through Redis: gates of its own, joined to the fleet the way a router is.
import { createClient } from "redis";
import { type RedisClient, redisState } from "signalbox/redis";
import type { SharedPurse } from "../../../src/contract/shared-state.js";
import { systemClock } from "../../../src/core/clock.js";
import { classify } from "../../../src/errors/classify.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createGates } from "../../../src/resilience/gates.js";

export interface CallReport {
  ok: number;
  /** Requests refused before they were sent: the gate was closed. */
  blocked: number;
  /** Refused for want of money. */
  refused: number;
  /** Failed although the vendor was well. */
  failed: string[];
  stats: unknown;
}

export type Order =
  | {
      readonly do: "calls";
      readonly candidate: string;
      readonly count: number;
      readonly gapMs: number;
      readonly purse?: SharedPurse;
      readonly usd?: number;
    }
  | { readonly do: "state"; readonly candidate: string }
  | { readonly do: "measure"; readonly candidate: string; readonly purse: SharedPurse };

const {
  REDIS_PORT,
  VENDOR_PORT,
  NAMESPACE = "fleet",
  CANDIDATES = "a/m",
  ON_UNAVAILABLE = "refuse",
  WAIT_MS = "1000",
} = process.env;
const candidates = CANDIDATES.split(",");

const client = createClient({ url: `redis://127.0.0.1:${REDIS_PORT}` });
client.on("error", () => {});
await client.connect();
const shared = redisState({
  client: client as unknown as RedisClient,
  namespace: NAMESPACE,
  waitMs: Number(WAIT_MS),
  onUnavailable: ON_UNAVAILABLE as "refuse" | "spend",
});

const clock = systemClock;
const gates = createGates(
  { openMs: 1_000 },
  {
    clock,
    random: Math.random,
    onBreaker: (id) => publish(id),
    onCoolDown: (id) => publish(id),
    mayProbe: (id) => session.mayProbe(id),
  },
);
const gateOf = (id: string) => gates.candidate(id, id.slice(0, id.indexOf("/")));
const knew = new Map<string, number>();
const waiting = new Map<string, (atMs: number) => void>();
const know = (id: string): void => {
  if (knew.has(id) || gateOf(id).blocked(clock.now()) === null) return;
  knew.set(id, performance.timeOrigin + performance.now());
  waiting.get(id)?.(knew.get(id) as number);
};
const publish = (id: string): void => {
  know(id);
  session.publish(id, gateOf(id).exportState(clock.now()));
};
for (const id of candidates) gateOf(id);
const session = shared.join({
  candidates,
  apply(id, state) {
    gateOf(id).applyRemote(state, clock.now());
    know(id);
  },
  read: (id) => gateOf(id).exportState(clock.now()),
});

async function call(order: Extract<Order, { do: "calls" }>, report: CallReport): Promise<void> {
  const { candidate, purse, usd = 0 } = order;
  const gate = gateOf(candidate);
  const lease = gate.acquire(clock.now());
  if (lease < 0) {
    report.blocked += 1;
    return;
  }
  session.calling(candidate, 1);
  session.use(candidate, 1, 100);
  const money = purse && session.take(purse, usd);
  const hold = money instanceof Promise ? await money : money;
  if (hold && "refused" in hold) {
    report.refused += 1;
    gate.release(lease);
    session.calling(candidate, -1);
    return;
  }
  try {
    const response = await fetch(`http://127.0.0.1:${VENDOR_PORT}/${candidate}`, { method: "POST" });
    const body = await response.text();
    if (response.ok) {
      gate.settle(lease, clock.now(), null);
      report.ok += 1;
      hold?.settle(usd);
      return;
    }
    throw classify(
      { status: response.status, headers: response.headers, body },
      { provider: candidate, nowWallMs: Date.now() },
    );
  } catch (error) {
    hold?.release();
    const failure = SignalboxError.isInstance(error) ? error : new SignalboxError("server", String(error));
    gate.settle(lease, clock.now(), failure);
    report.failed.push(failure.kind);
  } finally {
    session.calling(candidate, -1);
  }
}

async function calls(order: Extract<Order, { do: "calls" }>): Promise<CallReport> {
  const report: CallReport = { ok: 0, blocked: 0, refused: 0, failed: [], stats: null };
  const all: Promise<void>[] = [];
  for (let i = 0; i < order.count; i++) {
    all.push(call(order, report));
    if (order.gapMs > 0) await new Promise((resolve) => setTimeout(resolve, order.gapMs));
  }
  await Promise.all(all);
  report.stats = shared.stats();
  return report;
}

/** When this process first knew the candidate blocked, wall-clock milliseconds. */
async function blockedAt(candidate: string): Promise<{ atMs: number }> {
  const atMs = knew.get(candidate) ?? (await new Promise<number>((resolve) => waiting.set(candidate, resolve)));
  return { atMs };
}

/** What the fleet adds to one call, microseconds at the median: everything a router asks of its session for it. */
async function measure(candidate: string, purse: SharedPurse): Promise<{ addedUs: number }> {
  const added: number[] = [];
  for (let i = 0; i < 4_000; i++) {
    const began = performance.now();
    session.calling(candidate, 1);
    session.use(candidate, 1, 100);
    const money = session.take(purse, 0.000_01);
    const taken = performance.now();
    const hold = await money;
    const settling = performance.now();
    if ("settle" in hold) hold.settle(0.000_01);
    session.calling(candidate, -1);
    added.push((taken - began + performance.now() - settling) * 1_000);
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  added.sort((a, b) => a - b);
  return { addedUs: added[2_000] ?? 0 };
}

const carryOut = (order: Order): Promise<unknown> => {
  if (order.do === "calls") return calls(order);
  return order.do === "measure" ? measure(order.candidate, order.purse) : blockedAt(order.candidate);
};

process.on("message", async (order: Order & { readonly id: number }) => {
  process.send?.({ id: order.id, answer: await carryOut(order) });
});
process.on("disconnect", () => process.exit());
process.send?.({ id: 0, answer: "ready" });
