import { describe, expect, it } from "vitest";
import type { Attempt, RequestRecord } from "../../../src/contract/records.js";
import { createRouterStats } from "../../../src/metrics/router-stats.js";

function attempt(more: Partial<Attempt> = {}): Attempt {
  const provider = more.provider ?? "glm";
  const model = more.model ?? "glm-5";
  return {
    requestId: "r",
    number: 1,
    role: "first",
    candidate: `${provider}/${model}`,
    provider,
    model,
    streamed: false,
    startedAtMs: 0,
    firstTokenAtMs: 200,
    settledAtMs: 1_000,
    latencyMs: 1_000,
    ttftMs: 200,
    outcome: "success",
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40 },
    },
    costUsd: 0.01,
    ...more,
  };
}

function record(more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: "r",
    outcome: "ok",
    strategy: "adaptive",
    provider: "glm",
    model: "glm-5",
    kind: "chat",
    streamed: false,
    startedAtMs: 0,
    latencyMs: 1_000,
    ttftMs: 200,
    usage: null,
    costUsd: 0.01,
    savedUsd: 0,
    cache: "miss",
    degraded: [],
    attempts: [{ provider: "glm", model: "glm-5", outcome: "success", latencyMs: 1_000, costUsd: 0.01 }],
    ...more,
  };
}

describe("router stats", () => {
  it("count calls by provider and model", () => {
    const stats = createRouterStats();
    stats.attempt(attempt());
    stats.attempt(attempt({ model: "glm-5-air", costUsd: null }));
    stats.attempt(attempt({ provider: "kimi", model: "k3", outcome: "server", usage: null, costUsd: 0, latencyMs: 3 }));
    const { attempts, providers, models } = stats.snapshot();
    expect(attempts).toMatchObject({ attempts: 3, successes: 2, errors: { server: 1 }, costUsd: 0.01, unpriced: 1 });
    expect(attempts).toMatchObject({ inputTokens: 200, cachedTokens: 80, outputTokens: 40 });
    expect(Object.keys(providers).sort()).toEqual(["glm", "kimi"]);
    expect(providers.glm).toMatchObject({ attempts: 2, successes: 2 });
    expect(Object.keys(models).sort()).toEqual(["glm/glm-5", "glm/glm-5-air", "kimi/k3"]);
    // A failure is no fast answer.
    expect(providers.kimi?.latencyMs).toEqual({ p50: null, p95: null, p99: null });
    expect((attempts.latencyMs.p50 ?? 0) / 1_000).toBeCloseTo(1, 1);
  });

  it("count requests by kind and strategy, with what was saved", () => {
    const stats = createRouterStats();
    const failed = { provider: "kimi", model: "k3", outcome: "server" as const, latencyMs: 5, costUsd: 0 };
    stats.request(record());
    stats.request(record({ attempts: [failed, ...record().attempts], kind: "debug" }));
    stats.request(record({ cache: "hit", attempts: [], costUsd: 0, savedUsd: 0.01 }));
    stats.request(
      record({ outcome: "timeout", provider: null, model: null, kind: null, strategy: "ordered", latencyMs: 9e9 }),
    );
    stats.request(record({ degraded: ["smaller_model"] }));
    const { requests, kinds, strategies } = stats.snapshot();
    expect(requests).toMatchObject({
      requests: 5,
      ok: 4,
      errors: { timeout: 1 },
      attempts: 5,
      fallbacks: 1,
      degraded: 1,
    });
    expect(requests).toMatchObject({ savedUsd: 0.01, cache: { miss: 4, hit: 1 } });
    expect(requests.costUsd).toBeCloseTo(0.04);
    expect(requests.latencyMs.p99).toBeLessThan(1_100);
    expect(kinds.debug).toMatchObject({ requests: 1, fallbacks: 1 });
    expect(strategies.ordered).toMatchObject({ requests: 1, ok: 0 });
  });

  it("hold a bounded number of labels, the rest as other, and words like __proto__ as words", () => {
    const stats = createRouterStats();
    stats.request(record({ kind: "__proto__" }));
    for (let i = 0; i < 10_000; i++) stats.request(record({ kind: `made up ${i}` }));
    for (let i = 0; i < 5_000; i++) stats.attempt(attempt({ provider: `p${i}` }));
    const snapshot = stats.snapshot();
    expect(Object.keys(snapshot.kinds).length).toBeLessThan(70);
    expect(Object.keys(snapshot.models).length).toBeLessThan(1_030);
    expect(snapshot.requests.requests).toBe(10_001);
    expect(snapshot.kinds.other?.requests).toBeGreaterThan(9_900);
    expect(snapshot.attempts.attempts).toBe(5_000);
    expect(Object.hasOwn(snapshot.kinds, "__proto__")).toBe(true);
    expect(Object.prototype).not.toHaveProperty("requests");
  });

  it("start anew on reset", () => {
    const stats = createRouterStats();
    for (const latencyMs of [100, 9_000]) {
      stats.attempt(attempt({ latencyMs }));
      stats.attempt(attempt({ outcome: "network", provider: "kimi" }));
      stats.request(record({ latencyMs, cache: "joined" }));
    }
    expect(stats.snapshot().requests.cache.joined).toBe(2);
    stats.request(record({ tenant: "acme", tags: ["t"] }));
    stats.reset();
    expect(stats.snapshot()).toEqual(createRouterStats().snapshot());
    expect(stats.snapshot()).toEqual(createRouterStats().snapshot());
  });

  it("are plain JSON", () => {
    const stats = createRouterStats();
    stats.attempt(attempt());
    stats.request(record());
    const snapshot = stats.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });
});
