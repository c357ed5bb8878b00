// One of several processes whose routers share state through Redis.
import { createClient } from "redis";
import { createReply, createRouter, type Provider, SignalboxError } from "signalbox";
import { type RedisClient, redisState } from "signalbox/redis";

export interface CallReport {
  ok: number;
  /** Refused before they were sent: nobody may be asked now. */
  blocked: number;
  /** Refused for want of money. */
  refused: number;
  /** Kinds of all other failures. */
  failed: string[];
  stats: unknown;
}

export type Order =
  /** `tokens` at $10 per million each; `budgeted` calls come out of one purse of half a dollar. */
  | {
      readonly do: "calls";
      readonly candidate: string;
      readonly count: number;
      readonly gapMs: number;
      readonly tokens?: number;
      readonly budgeted?: boolean;
    }
  | { readonly do: "blocked"; readonly candidate: string }
  /** What this process knows of the fleet's calls, and how it judges one candidate. */
  | { readonly do: "look"; readonly candidate: string }
  | { readonly do: "measure" };

export const MAX_USD = 0.5;
export const USD_PER_TOKEN = 10 / 1e6;

const {
  REDIS_PORT,
  VENDOR_PORT,
  NAMESPACE = "fleet",
  CANDIDATES = "a/m",
  ON_UNAVAILABLE,
  WAIT_MS,
  TIMEOUT_MS,
} = process.env;
const candidates = CANDIDATES.split(",");
const messages = [{ role: "user" as const, content: "Hello" }];
const budgets = [{ per: "tenant" as const, key: "acme", maxUsd: MAX_USD, windowMs: 600_000 }];

const client = createClient({ url: `redis://127.0.0.1:${REDIS_PORT}` });
client.on("error", () => {});
await client.connect();
const shared = redisState({
  client: client as unknown as RedisClient,
  namespace: NAMESPACE,
  waitMs: Number(WAIT_MS ?? 1_000),
  timeoutMs: Number(TIMEOUT_MS ?? 1_000),
  onUnavailable: ON_UNAVAILABLE === "spend" ? "spend" : "refuse",
});

/** A provider of one model behind the loopback vendor; each answer is as long as it was allowed to be. */
function provider(id: string): Provider {
  return {
    id,
    models: [
      {
        id: "m",
        contextWindow: 100_000,
        maxOutput: 10_000,
        usdPerMTok: { input: 0, output: USD_PER_TOKEN * 1e6 },
        capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
      },
    ],
    async chat({ max_completion_tokens: tokens }, { signal }) {
      const response = await fetch(`http://127.0.0.1:${VENDOR_PORT}/${id}/m`, { method: "POST", signal });
      const text = await response.text();
      if (!response.ok)
        throw Object.assign(new Error("refused"), { status: response.status, headers: response.headers });
      const usage = { prompt_tokens: 5, completion_tokens: tokens ?? 1, total_tokens: 5 + (tokens ?? 1) };
      return createReply({ text, model: "m", usage });
    },
  };
}

const providers = candidates.map((candidate) => provider(candidate.slice(0, candidate.indexOf("/"))));
// Nobody waits: what is counted is who is refused, and how soon.
const retry = { attempts: 1, maxWaitMs: 0 };
const router = createRouter({ providers, budgets, shared, breaker: { openMs: 1_000 }, retry });

async function call(
  { candidate, tokens = 1, budgeted }: Extract<Order, { do: "calls" }>,
  report: CallReport,
): Promise<void> {
  try {
    const request = { model: candidate, messages, max_completion_tokens: tokens };
    await router.chat(request, budgeted ? { tenant: "acme" } : {});
    report.ok += 1;
  } catch (error) {
    const kind = SignalboxError.isInstance(error) ? error.kind : String(error);
    if (kind === "unavailable") report.blocked += 1;
    else if (kind === "budget_exceeded") report.refused += 1;
    else report.failed.push(kind);
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
  const request = { model: candidate, messages };
  const excluded = (): boolean => router.explain(request).excluded.some(({ id }) => id === candidate);
  while (!excluded()) await new Promise((resolve) => setTimeout(resolve, 4));
  return { atMs: performance.timeOrigin + performance.now() };
}

/** What sharing adds to a call, microseconds: the medians of two routers that differ in nothing else. */
async function measure(): Promise<{ ratio: number }> {
  const instant: Provider = { ...provider("instant"), chat: async () => createReply({ text: "x", model: "m" }) };
  const rich = [{ per: "router" as const, maxUsd: 1_000, windowMs: 600_000 }];
  const state = redisState({ client: client as unknown as RedisClient, namespace: `${NAMESPACE}-measure` });
  const routers = [
    createRouter({ providers: [instant], budgets: rich, shared: state }),
    createRouter({ providers: [instant], budgets: rich }),
  ];
  const times: number[][] = [[], []];
  for (let i = 0; i < 6_000; i++) {
    for (const [which, each] of routers.entries()) {
      const began = performance.now();
      await each.chat({ messages, max_completion_tokens: 1 });
      if (i > 2_000) times[which]?.push((performance.now() - began) * 1_000);
    }
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(routers.map((each) => each.close()));
  const [withIt, without] = times.map((all) => all.sort((a, b) => a - b)[all.length >> 1] ?? 0) as [number, number];
  return { ratio: withIt / without };
}

async function look(candidate: string): Promise<{ shared: unknown; seen: unknown }> {
  const { status } = router.health().candidates.find(({ id }) => id === candidate) ?? {};
  return { shared: shared.stats().candidates, seen: status };
}

const carryOut = (order: Order): Promise<unknown> => {
  if (order.do === "calls") return calls(order);
  if (order.do === "measure") return measure();
  return order.do === "look" ? look(order.candidate) : blockedAt(order.candidate);
};

process.on("message", async (order: Order & { readonly id: number }) => {
  process.send?.({ id: order.id, answer: await carryOut(order) });
});
process.on("disconnect", () => process.exit());
process.send?.({ id: 0, answer: "ready" });
