import { describe, expect, it } from "vitest";
import { createRouter, type Router, simulated } from "../../../src/index.js";
import { createVirtualClock, scriptedProvider } from "../../../src/testing/index.js";
import { failing } from "../router/doubles.js";

const messages = [{ role: "user" as const, content: "Hello" }];

function priced(more: Partial<Parameters<typeof createRouter>[0]> = {}): Router {
  return createRouter({ providers: [simulated({ usdPerMTok: { input: 1, output: 2 } })], ...more });
}

describe("stats by tenant and tag", () => {
  it("count requests, errors, cost, tokens and savings of each", async () => {
    const router = priced({ cache: { maxBytes: 1 << 20, ttlMs: 60_000 } });
    const bought = await router.chat({ messages }, { tenant: "acme", tags: ["search", "beta", "search"] });
    const hit = await router.chat({ messages }, { tenant: "acme", tags: ["search"] });
    await router.chat({ messages });
    expect(hit.route.cache.status).toBe("hit");
    const { tenants, tags, requests } = router.stats();
    const { prompt_tokens, completion_tokens } = bought.usage;
    const tokens = { inputTokens: prompt_tokens, cachedTokens: 0, outputTokens: completion_tokens };
    const costUsd = bought.route.costUsd ?? -1;
    expect(tenants).toEqual({
      acme: { requests: 2, ok: 2, errors: {}, costUsd, unpriced: 0, savedUsd: costUsd, ...tokens },
    });
    expect(Object.keys(tags).sort()).toEqual(["beta", "search"]);
    expect(tags.search).toMatchObject({ requests: 2, savedUsd: costUsd });
    expect(tags.beta).toMatchObject({ requests: 1, savedUsd: 0, costUsd });
    expect(requests.requests).toBe(3);
    await router.close();
  });

  it("count failures by kind, and what has no price apart", async () => {
    const clock = createVirtualClock();
    const down = scriptedProvider({ id: "down", clock, script: [{ error: failing() }, { error: failing() }] });
    const router = createRouter({ providers: [down], retry: { attempts: 1 }, clock });
    await expect(router.chat({ messages }, { tenant: "acme", tags: ["t"] })).rejects.toThrow();
    const { tenants, tags } = router.stats();
    expect(tenants.acme).toMatchObject({ requests: 1, ok: 0, errors: { server: 1 }, inputTokens: 0 });
    expect(tags.t).toEqual(tenants.acme);
    await router.close();
  });

  it("keep at most 1,000 rows, and the rest under one that has a name", async () => {
    const router = priced();
    for (let n = 0; n < 1_000; n++) await router.chat({ messages }, { tenant: `t${n}`, tags: ["all", `l${n}`] });
    expect(Object.keys(router.stats().tenants)).toHaveLength(1_000);
    expect(router.stats().tenants["(other)"]).toBeUndefined();
    for (let n = 1_000; n < 1_100; n++) await router.chat({ messages }, { tenant: `t${n}`, tags: ["all", `l${n}`] });
    await router.chat({ messages }, { tenant: "t0" });
    const { tenants, tags, requests } = router.stats();
    expect([Object.keys(tenants).length, Object.keys(tags).length]).toEqual([1_000, 1_000]);
    expect([tenants.t0?.requests, tenants["(other)"]?.requests, tags.all?.requests]).toEqual([2, 101, 1_100]);
    const rows = Object.values(tenants);
    expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(1_101);
    expect(rows.reduce((sum, row) => sum + row.costUsd, 0)).toBeCloseTo(requests.costUsd, 9);
    await router.close();
  });

  it("bound the length of a name, tell long names apart, and take any word", async () => {
    const router = priced();
    const long = "x".repeat(100_000);
    for (const tenant of [`${long}a`, `${long}b`, "__proto__", "constructor", "(other)"])
      await router.chat({ messages }, { tenant });
    const { tenants } = router.stats();
    expect(Object.keys(tenants)).toHaveLength(5);
    expect(Math.max(...Object.keys(tenants).map((name) => name.length))).toBeLessThanOrEqual(128);
    expect(JSON.parse(JSON.stringify(tenants))).toEqual(tenants);
    await router.close();
  });
});
