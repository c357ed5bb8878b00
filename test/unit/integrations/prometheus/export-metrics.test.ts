import { Registry } from "prom-client";
import { createRouter } from "signalbox";
import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { exportMetrics } from "../../../../src/integrations/prometheus/index.js";
import { createVirtualClock } from "../../../../src/testing/virtual-clock.js";
import { says, scripted } from "../support.js";
import { type Family, parseExposition } from "./exposition.js";

const request = { messages: [{ role: "user" as const, content: "Hello" }] };

async function scrape(register: Registry): Promise<Map<string, Family>> {
  return parseExposition(await register.metrics());
}

const reading = (families: Map<string, Family>, name: string, labels: object = {}): number | undefined => {
  const family = families.get(name) ?? families.get(name.replace(/_(sum|count|bucket)$/, ""));
  const wanted = JSON.stringify(Object.entries(labels).sort());
  return family?.samples.find(
    (sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
  )?.value;
};

describe("exportMetrics", () => {
  it("exports valid text with every promised metric", async () => {
    const register = new Registry();
    const bad = scripted(() => new SignalboxError("server", "down"), { id: "bad" });
    const good = scripted(() => says("Hi"), { id: "good" });
    const router = createRouter({
      providers: [bad, good],
      strategy: "ordered",
      cache: { maxBytes: 1 << 20, ttlMs: 60_000 },
    });
    exportMetrics(router, { register });
    await router.chat({ ...request, models: ["bad/m1", "good/m1"] });
    await router.chat({ ...request, models: ["bad/m1", "good/m1"] });
    await router.stream({ ...request, model: "good/m2" }).text();
    const families = await scrape(register);
    const model = { provider: "good", model: "m1" };
    expect(reading(families, "signalbox_requests_total", { outcome: "ok" })).toBe(3);
    expect(reading(families, "signalbox_strategy_requests_total", { strategy: "ordered", outcome: "ok" })).toBe(3);
    expect(reading(families, "signalbox_attempts_total", { provider: "bad", model: "m1", outcome: "server" })).toBe(1);
    expect(reading(families, "signalbox_attempts_total", { ...model, outcome: "success" })).toBe(1);
    expect(reading(families, "signalbox_tokens_total", { ...model, type: "input" })).toBe(8);
    expect(reading(families, "signalbox_tokens_total", { ...model, type: "cached" })).toBe(4);
    expect(reading(families, "signalbox_cost_usd_total", model)).toBeGreaterThan(0);
    expect(reading(families, "signalbox_saved_usd_total")).toBeGreaterThan(0);
    expect(reading(families, "signalbox_fallbacks_total")).toBe(1);
    expect(reading(families, "signalbox_cache_lookups_total", { status: "hit" })).toBe(1);
    expect(reading(families, "signalbox_cache_entries")).toBe(2);
    expect(reading(families, "signalbox_cache_bytes", { kind: "used" })).toBeGreaterThan(0);
    expect(reading(families, "signalbox_request_seconds_count", { outcome: "ok", cache: "hit" })).toBe(1);
    expect(reading(families, "signalbox_request_seconds_count", { outcome: "ok", cache: "miss" })).toBe(2);
    expect(reading(families, "signalbox_first_token_seconds_count", { provider: "good", model: "m2" })).toBe(1);
    expect(reading(families, "signalbox_overhead_seconds_count")).toBe(1);
    expect(reading(families, "signalbox_overhead_seconds_sum")).toBeLessThan(1);
    expect(reading(families, "signalbox_candidate_health", { ...model, status: "healthy" })).toBe(1);
    expect(reading(families, "signalbox_breaker_state", { ...model, state: "closed" })).toBe(1);
    for (const family of families.values()) {
      expect(family.help, family.name).not.toBe("");
      expect(["counter", "gauge", "histogram"]).toContain(family.type);
    }
    await router.close();
  });

  it("counts go on between scrapes and never twice", async () => {
    const register = new Registry();
    const router = createRouter({ providers: [scripted(() => says("Hi"), { id: "good" })] });
    exportMetrics(router, { register });
    for (const expected of [1, 2, 3]) {
      await router.chat(request);
      for (let i = 0; i < 2; i++) {
        expect(reading(await scrape(register), "signalbox_requests_total", { outcome: "ok" })).toBe(expected);
      }
    }
    await router.close();
  });

  it("many observations between two scrapes all count, and each once", async () => {
    const register = new Registry();
    const router = createRouter({ providers: [scripted(() => says("Hi"), { id: "good" })] });
    exportMetrics(router, { register });
    for (let i = 0; i < 150; i++) await router.chat(request);
    for (let i = 0; i < 2; i++) {
      const families = await scrape(register);
      expect(reading(families, "signalbox_request_seconds_count", { outcome: "ok", cache: "bypass" })).toBe(150);
      expect(reading(families, "signalbox_overhead_seconds_count")).toBe(150);
    }
    await router.close();
  });

  it("shows an open breaker", async () => {
    const register = new Registry();
    const clock = createVirtualClock();
    const bad = scripted(() => new SignalboxError("server", "down"), { id: "bad" });
    const router = createRouter({ providers: [bad], retry: { attempts: 1, maxWaitMs: 0 }, clock });
    exportMetrics(router, { register });
    for (let i = 0; i < 12; i++) await router.chat({ ...request, model: "bad/m1" }).catch(() => {});
    const families = await scrape(register);
    const model = { provider: "bad", model: "m1" };
    expect(reading(families, "signalbox_breaker_state", { ...model, state: "open" })).toBe(1);
    expect(reading(families, "signalbox_breaker_state", { ...model, state: "closed" })).toBe(0);
    expect(reading(families, "signalbox_requests_total", { outcome: "unavailable" })).toBeGreaterThan(0);
    await router.close();
  });

  it("shows a breaker as it is when scraped: one opened before there was an exporter, and one that waits for a probe", async () => {
    const register = new Registry();
    const clock = createVirtualClock();
    const bad = scripted(() => new SignalboxError("server", "down"), { id: "bad" });
    const router = createRouter({
      providers: [bad],
      retry: { attempts: 1, maxWaitMs: 0 },
      breaker: { openMs: 5_000 },
      clock,
    });
    for (let i = 0; i < 12; i++) await router.chat({ ...request, model: "bad/m1" }).catch(() => {});
    exportMetrics(router, { register });
    const shown = async (state: string) =>
      reading(await scrape(register), "signalbox_breaker_state", { provider: "bad", model: "m1", state });
    expect([await shown("open"), await shown("closed")]).toEqual([1, 0]);
    await clock.advance(60_000);
    expect([await shown("open"), await shown("half_open")]).toEqual([0, 1]);
    router.reset();
    expect([await shown("half_open"), await shown("closed")]).toEqual([0, 1]);
    await router.close();
  });

  it("labels come from the configuration: models, tenants and words of requests add none", async () => {
    const register = new Registry();
    const router = createRouter({ providers: [scripted(() => says("Hi"), { id: "good" })] });
    exportMetrics(router, { register });
    const pinned = { ...request, model: "good/m1" };
    await router.chat(pinned);
    const series = (families: Map<string, Family>) => [...families.values()].flatMap((family) => family.samples).length;
    const before = series(await scrape(register));
    for (let i = 0; i < 50; i++)
      await router.chat(pinned, { tenant: `tenant-${i}`, taskType: `task-${i}`, tags: [`tag-${i}`] });
    expect(series(await scrape(register))).toBe(before);
    await router.close();
  });

  it("two routers need two prefixes; stopping takes everything off", async () => {
    const register = new Registry();
    const make = () => createRouter({ providers: [scripted(() => says("Hi"), { id: "good" })] });
    const stop = exportMetrics(make(), { register });
    expect(() => exportMetrics(make(), { register })).toThrow(/prefix/);
    const stopOther = exportMetrics(make(), { register, prefix: "other_" });
    expect(() => exportMetrics(make(), { register, prefix: "no good" })).toThrow(/prefix/);
    stop();
    stopOther();
    expect(await register.metrics()).toBe("\n");
  });

  it("exports tenants and tags only if asked, under so many labels", async () => {
    const router = createRouter({ providers: [scripted(() => says("Hi"), { id: "a" })] });
    const [plain, asked] = [new Registry(), new Registry()];
    exportMetrics(router, { register: plain });
    const stop = exportMetrics(router, { register: asked, tenants: 3, tags: true });
    for (let n = 0; n < 10; n++) await router.chat(request, { tenant: `t${n}`, tags: ["x"] });
    expect(await plain.metrics()).not.toContain("tenant");
    const families = await scrape(asked);
    const outcomes = { outcome: "ok" };
    expect(reading(families, "signalbox_tenant_requests_total", { tenant: "t1", ...outcomes })).toBe(1);
    expect(reading(families, "signalbox_tenant_requests_total", { tenant: "(other)", ...outcomes })).toBe(7);
    expect(families.get("signalbox_tenant_cost_usd_total")?.samples).toHaveLength(4);
    expect(reading(families, "signalbox_tag_cost_usd_total", { tag: "x" })).toBeGreaterThan(0);
    expect(reading(families, "signalbox_tag_tokens_total", { tag: "x", type: "output" })).toBe(50);
    expect(reading(families, "signalbox_tag_saved_usd_total", { tag: "x" })).toBe(0);
    // A label stays with its owner, whoever comes next.
    await router.chat(request, { tenant: "0" });
    const later = (await scrape(asked)).get("signalbox_tenant_cost_usd_total")?.samples;
    expect(later?.map(({ labels }) => labels.tenant).sort()).toEqual(["(other)", "t0", "t1", "t2"]);
    stop();
    expect(asked.getMetricsAsArray()).toEqual([]);
    for (const tenants of [-1, 1.5, 1_001, "all"])
      expect(() => exportMetrics(router, { register: new Registry(), tenants: tenants as number })).toThrow("tenants");
  });
});
