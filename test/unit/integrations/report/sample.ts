import type { BreakerState } from "../../../../src/contract/events.js";
import { seededRandom } from "../../../../src/core/random.js";
import type { Recording } from "../../../../src/integrations/report/index.js";
import { RunRecorder } from "../../../../src/integrations/report/record-router.js";
import type { CountedCall } from "../../../../src/integrations/report/totals.js";

const MODELS = [
  { provider: "minimax", model: "MiniMax-M2.5", latencyMs: 900 },
  { provider: "glm", model: "glm-5.3-flash", latencyMs: 420 },
  { provider: "kimi", model: "kimi-k2.6", latencyMs: 1_300 },
] as const;

const CHANGES: readonly (readonly [atMs: number, candidate: string, to: BreakerState])[] = [
  [41_000, "glm/glm-5.3-flash", "open"],
  [46_000, "glm/glm-5.3-flash", "half_open"],
  [46_300, "glm/glm-5.3-flash", "open"],
  [57_000, "glm/glm-5.3-flash", "half_open"],
  [57_500, "glm/glm-5.3-flash", "open"],
  [71_000, "glm/glm-5.3-flash", "half_open"],
  [71_400, "glm/glm-5.3-flash", "closed"],
  [90_000, "kimi/kimi-k2.6", "open"],
  [95_000, "kimi/kimi-k2.6", "half_open"],
  [95_500, "kimi/kimi-k2.6", "closed"],
];

const KINDS = ["rate_limit", "server", "network", "overloaded", "timeout"] as const;

const BUDGETS = [
  { per: "tenant", key: "acme", spentUsd: 4.2, reservedUsd: 0.1, maxUsd: 5 },
  { per: "router", key: "router", spentUsd: 6, reservedUsd: 0.1, maxUsd: 50 },
];

const PRICES = [
  { model: "MiniMax-M2.5", input: 0.3, cacheRead: 0.03, output: 1.2 },
  { model: "glm-5.3-flash", input: 0.1, output: 0.4 },
  { model: "kimi-k2.6", input: 0.95, cacheRead: 0.16, output: 4 },
];

/** Two minutes of three models, one of them down for half a minute, while a cache warms up. */
export function sampleRecording(startedAtMs: number | null): Recording {
  const random = seededRandom(7);
  const run = new RunRecorder(startedAtMs);
  for (let index = 0; index < 3_000; index++) {
    const atMs = index * 40;
    const hit = random() < Math.min(0.35, index / 6_000);
    const calls = hit ? [] : callsAt(atMs, random);
    for (const call of calls) run.call(atMs, call);
    const last = calls.at(-1);
    run.request(atMs, {
      requestId: `req-${index}`,
      outcome: random() < 0.997 ? "ok" : "timeout",
      kind: ["chat", "code", "summary"][index % 3] ?? "chat",
      tenant: ["acme", "initech", "umbrella", "a tenant with quite a long name"][index % 4] ?? "acme",
      tags: index % 2 ? ["search"] : ["search", "beta"],
      degraded: index % 100 === 7 ? ["budget"] : [],
      usage: last?.usage ?? null,
      strategy: index % 5 === 0 ? "cost-optimized" : "adaptive",
      latencyMs: last?.latencyMs ?? 0.02,
      costUsd: calls.reduce((sum, call) => sum + (call.costUsd ?? 0), 0),
      savedUsd: hit ? 0.0013 : 0,
      cache: hit ? "hit" : "miss",
      provider: last?.provider ?? "glm",
      model: last?.model ?? "glm-5.3-flash",
      attempts: calls,
    });
  }
  for (const [atMs, candidate, to] of CHANGES) run.change(atMs, { candidate, to });
  return { ...run.read(120_000), budgets: BUDGETS, prices: PRICES };
}

function callsAt(atMs: number, random: () => number): CountedCall[] {
  const calls: CountedCall[] = [];
  let chosen = MODELS[Math.floor(random() ** 1.4 * 3)] ?? MODELS[0];
  const down = chosen.provider === "glm" && atMs > 40_000 && atMs < 70_000;
  if (random() < (down ? 0.3 : 0.02)) {
    const outcome = KINDS[Math.floor(random() * (down ? 2 : 3)) + (down ? 3 : 0)] ?? "server";
    calls.push({ provider: chosen.provider, model: chosen.model, outcome, latencyMs: 120, costUsd: 0 });
  }
  if (down || calls.length > 0) chosen = MODELS[0];
  const latencyMs = chosen.latencyMs * (0.6 + random() * 1.2 + (random() < 0.05 ? 4 : 0));
  const usage = {
    prompt_tokens: 900,
    completion_tokens: 300,
    total_tokens: 1_200,
    prompt_tokens_details: { cached_tokens: 300 },
  };
  const { provider, model } = chosen;
  calls.push({
    provider,
    model,
    outcome: "success",
    latencyMs,
    ttftMs: latencyMs * 0.3,
    costUsd: 0.0004 + random() * 0.002,
    usage,
  });
  return calls;
}
