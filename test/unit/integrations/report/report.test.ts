import { readFileSync } from "node:fs";
import { createRouter, type DecisionLogLine } from "signalbox";
import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { type LoggedRequest, recordRouter, renderReport } from "../../../../src/integrations/report/index.js";
import { RunRecorder } from "../../../../src/integrations/report/record-router.js";
import { says, scripted } from "../support.js";
import { TARGET, uplotSource } from "./inline-uplot.js";
import { sampleRecording } from "./sample.js";

const request = { messages: [{ role: "user" as const, content: "Hello" }] };

const titles = (html: string): string[] => [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map((match) => match[1] ?? "");
const tile = (html: string, label: string): string | undefined =>
  new RegExp(`<span>${label}</span><strong>([^<]*)</strong>`).exec(html)?.[1];

async function ranRouter() {
  const down = scripted(() => new SignalboxError("server", "down"), { id: "bad" });
  const router = createRouter({
    providers: [down, scripted(() => says("Hi"), { id: "good" })],
    strategy: "ordered",
    cache: { maxBytes: 1 << 20, ttlMs: 60_000 },
  });
  const recorder = recordRouter(router);
  const log: LoggedRequest[] = [];
  router.on("done", (record) => void log.push(record));
  for (let i = 0; i < 4; i++) {
    await router.chat({ ...request, models: ["bad/m1", "good/m1"], seed: i % 2 });
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await router.close();
  return { router, recorder, log };
}

describe("renderReport", () => {
  it("shows a router's totals, a recording's run, and says the same of a log", async () => {
    const { router, recorder, log } = await ranRouter();
    const totals = renderReport(router.stats());
    expect(titles(totals)).toEqual([
      "Cost by provider",
      "Latency by provider",
      "Failed calls by provider and kind",
      "Requests by what the cache did",
      "Strategies",
      "Kinds of request",
      "Models",
    ]);
    const run = renderReport(recorder.read());
    expect(titles(run)).toEqual(
      expect.arrayContaining([
        "Cost and savings",
        "Upstream calls per second",
        "p95 latency over time",
        "Cache hit rate",
      ]),
    );
    const lines = renderReport(`${log.map((line) => JSON.stringify(line)).join("\n")}\n\nnot a line\n{"a":1}\n`);
    expect(lines).toContain("2 lines of the log not understood");
    for (const html of [totals, run, lines, renderReport(log)]) {
      expect(tile(html, "Requests")).toBe("4");
      expect(html).not.toMatch(/https?:\/\//);
      expect(tile(html, "Answered")).toBe("100 %");
      expect(tile(html, "Cache hits")).toBe("50 %");
      expect(tile(html, "Fallbacks")).toBe("2");
    }
    expect(tile(totals, "Cost")).toBe(tile(run, "Cost"));
    expect(tile(totals, "Saved by the cache")).toBe(tile(lines, "Saved by the cache"));
  });

  it("reads the decision log that a router wrote, as objects and as lines", async () => {
    const log: DecisionLogLine[] = [];
    const down = scripted(() => new SignalboxError("server", "down"), { id: "bad" });
    const router = createRouter({
      providers: [down, scripted(() => says("Hi"), { id: "good" })],
      strategy: "ordered",
      decisionLog: (line) => void log.push(line),
    });
    for (let i = 0; i < 3; i++) {
      const reply = await router.chat({ ...request, models: ["bad/m1", "good/m1"] });
      router.feedback(reply, { score: 1 });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await expect(router.chat({ ...request, model: "bad/m1" }, { fallback: false })).rejects.toThrow();
    await router.close();
    const unfinished = { ...log[0], requestId: "req-under-way" } as DecisionLogLine;
    const lines = [...log, unfinished].map((line) => JSON.stringify(line));
    for (const html of [renderReport(log), renderReport([...lines, "nonsense"].join("\n"))]) {
      expect(tile(html, "Requests")).toBe("4");
      expect(tile(html, "Answered")).toBe("75 %");
      expect(tile(html, "Fallbacks")).toBe("3");
      expect(titles(html)).toEqual(
        expect.arrayContaining([
          "Failed calls by provider and kind",
          "Latency by provider",
          "Upstream calls per second",
        ]),
      );
    }
    const told: number[] = [];
    const html = renderReport(log, { onProgress: ({ done, total }) => void told.push(done / total) });
    expect(html).not.toContain("not understood");
    expect(told).toEqual([1]);
    expect(() => renderReport(log, { onProgress: "x" as never })).toThrow(/onProgress/);
    expect(renderReport(`${lines.join("\n")}\nnonsense`)).toContain("1 line of the log not understood");
  });

  it("shows every chart of a long run", () => {
    const html = renderReport(sampleRecording(0));
    expect(titles(html)).toContain("Breakers");
    expect(titles(html)).toEqual(
      expect.arrayContaining(["Latency by strategy", "Cost and savings by tenant", "Budgets", "Slowest requests"]),
    );
    expect(titles(html).length).toBe(18);
  });

  it("asks for nothing: no address in it is loaded", () => {
    const html = renderReport(sampleRecording(0));
    expect(html).toContain("default-src 'none'");
    expect(
      html.match(/<(?:script|img|iframe|link|source|video|audio|object|embed)[^>]*\b(?:src|href)="(?!data:,)/gi),
    ).toBeNull();
    expect(html.match(/@import|url\(/gi)).toBeNull();
    expect(html).toContain("Copyright (c) 2022 Leon Sorokin");
  });

  it("nothing from a log becomes markup or script", () => {
    const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'`;
    const attempts = [{ provider: evil, model: evil, outcome: evil as "server", latencyMs: 1, costUsd: 1 }];
    const line = {
      outcome: "ok" as const,
      strategy: evil,
      startedAtMs: 0,
      latencyMs: 1,
      costUsd: 1,
      provider: evil,
      model: evil,
      attempts,
    };
    const html = renderReport([line, { ...line, startedAtMs: 900 }], { title: evil });
    expect(html).not.toContain("<img src=x");
    expect(html).not.toContain("<script>alert");
  });

  it("an empty run is a page too", () => {
    for (const html of [renderReport([]), renderReport(""), renderReport(new RunRecorder(0).read())]) {
      expect(tile(html, "Requests")).toBe("0");
      expect(html).not.toMatch(/NaN|undefined|Infinity/.exec(html.replace(/<script>[\s\S]*/, ""))?.[0] ?? "never");
    }
    expect(() => renderReport({} as never)).toThrow(/router\.stats\(\)/);
  });
});

describe("recordRouter", () => {
  it("is plain JSON, and keeps what it has when stopped", async () => {
    const router = createRouter({ providers: [scripted(() => says("Hi"), { id: "good" })] });
    const recorder = recordRouter(router);
    await router.chat(request);
    recorder.stop();
    await router.chat(request);
    const recording = recorder.read();
    expect(recording.stats.requests.requests).toBe(1);
    expect(JSON.parse(JSON.stringify(recording))).toEqual(recording);
    expect(renderReport(JSON.parse(JSON.stringify(recording)))).toContain("signalbox report");
  });

  it("stays small however long the run: sums hold, slices grow coarser", () => {
    const run = new RunRecorder(null);
    const hours = 1_000;
    for (let hour = 0; hour < hours; hour++) {
      const atMs = hour * 3_600_000;
      run.call(atMs, { provider: "p", model: "m", outcome: "success", latencyMs: 10, costUsd: 1 });
      run.request(atMs, { outcome: "ok", strategy: "s", latencyMs: 10, costUsd: 1, cache: hour % 2 ? "hit" : "miss" });
      for (let i = 0; i < 20; i++) run.change(atMs, { candidate: "p/m", to: "open" });
    }
    const { slices, changes, sliceMs, stats } = run.read();
    expect(slices.length).toBeLessThanOrEqual(72);
    expect(slices.length * sliceMs).toBeGreaterThan((hours - 1) * 3_600_000);
    expect(slices.reduce((sum, slice) => sum + slice.requests, 0)).toBe(hours);
    expect(slices.reduce((sum, slice) => sum + slice.hits, 0)).toBe(hours / 2);
    expect(slices.reduce((sum, slice) => sum + (slice.providers.p?.attempts ?? 0), 0)).toBe(hours);
    expect(stats.requests.costUsd).toBe(hours);
    expect(changes.length).toBe(5_000);
  });
});

it("the inlined plotting library is the installed one", () => {
  expect(readFileSync(TARGET, "utf8")).toBe(uplotSource());
});
