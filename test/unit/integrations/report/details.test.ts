import { createRouter, simulated } from "signalbox";
import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { type LoggedRequest, recordRouter, renderReport } from "../../../../src/integrations/report/index.js";
import { RunRecorder } from "../../../../src/integrations/report/record-router.js";
import { says, scripted } from "../support.js";
import { sampleRecording } from "./sample.js";

const messages = [{ role: "user" as const, content: "A secret question" }];

/** The rows of the table with this title, as plain cells. */
function tableOf(html: string, title: string): string[][] | undefined {
  const section = html.split('<section class="table">').find((part) => part.startsWith(`<h2>${title}</h2>`));
  const rows = section?.split("<tbody>")[1]?.split("</tbody>")[0]?.split("</tr>") ?? [];
  const cells = rows.map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)</g)].map((match) => match[1] ?? ""));
  return section === undefined ? undefined : cells.filter((row) => row.length > 0);
}

const tile = (html: string, label: string): string | undefined =>
  new RegExp(`<span>${label}</span><strong>([^<]*)</strong>`).exec(html)?.[1];

describe("a report", () => {
  it("tells cost and savings by tenant and tag, budgets, kinds and the same tokens elsewhere", async () => {
    const prices = { input: 1, output: 2 };
    const router = createRouter({
      providers: [
        simulated({ id: "a", usdPerMTok: prices }),
        simulated({ id: "b", usdPerMTok: { input: 10, output: 20 } }),
      ],
      strategy: "ordered",
      cache: { maxBytes: 1 << 20, ttlMs: 60_000 },
      budgets: [{ per: "tenant", maxUsd: 5, windowMs: 60_000, onExceeded: "reject" }],
    });
    const recorder = recordRouter(router);
    for (let n = 0; n < 2; n++) await router.chat({ messages }, { tenant: "acme", tags: ["beta"], taskType: "code" });
    await router.chat({ messages }, { tenant: "initech" });
    const run = renderReport(recorder.read());
    const totals = renderReport(router.stats());
    for (const html of [run, totals]) {
      expect(tableOf(html, "Cost and savings by tenant")?.map(([name, requests]) => [name, requests])).toEqual([
        ["acme", "2"],
        ["initech", "1"],
      ]);
      expect(tableOf(html, "Cost and savings by tag")?.[0]?.slice(0, 3)).toEqual(["beta", "2", "100 %"]);
      expect(tableOf(html, "Kinds of request")?.map(([kind]) => kind)).toContain("code");
    }
    const acme = tableOf(run, "Cost and savings by tenant")?.[0];
    // One of the two was a hit, so what was saved is what was spent.
    expect(acme?.[3]).toBe(acme?.[4]);
    expect(
      tableOf(run, "Budgets")
        ?.map(([budget]) => budget)
        .sort(),
    ).toEqual(["tenant acme", "tenant initech"]);
    expect(tableOf(run, "The same tokens elsewhere")?.map((row) => row[2])).toEqual(["the same", "900 % more"]);
    expect(run).not.toContain("secret");
    await router.close();
  });

  it("names the slowest and the last failed requests by id and kind, and counts retries and degraded answers", () => {
    const run = new RunRecorder(0);
    const call = { provider: "p", model: "m", outcome: "success" as const, latencyMs: 1, costUsd: 0 };
    for (let n = 0; n < 40; n++) {
      const failed = n % 4 === 0;
      run.request(n, {
        requestId: `r${n}`,
        outcome: failed ? "server" : "ok",
        detail: failed ? "http_500" : undefined,
        kind: "code",
        strategy: "s",
        latencyMs: 1_000 * n,
        attempts: [call, call],
        degraded: n === 1 ? ["stale"] : [],
      });
    }
    const html = renderReport(run.read());
    expect(tableOf(html, "Slowest requests")?.map(([id]) => id)).toEqual(
      Array.from({ length: 10 }, (_, index) => `r${39 - index}`),
    );
    const failed = tableOf(html, "Failed requests, newest first");
    expect(failed).toHaveLength(10);
    expect(failed?.[0]).toEqual(["r36", "36 ms", "code", "–", "p/m", "2", "36.0 s", "–", "server/http_500"]);
    expect([tile(html, "Retries"), tile(html, "Degraded")]).toEqual(["40", "1"]);
    expect(html).toContain("<small>stale 1</small>");
  });

  it("marks on the time axis when breakers moved and limits were met", async () => {
    const limited = scripted(() => new SignalboxError("rate_limit", "slow down"), { id: "limited" });
    const router = createRouter({
      providers: [limited, scripted(() => says("Hi"), { id: "good" })],
      strategy: "ordered",
    });
    const recorder = recordRouter(router);
    await router.chat({ messages });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await router.chat({ messages });
    const marks = /"marks":(\[[^\]]*\])/.exec(renderReport(recorder.read()))?.[1];
    expect(JSON.parse(marks ?? "[]")).toMatchObject([{ what: "limit", label: "limits met: 2" }]);
    expect(renderReport(sampleRecording(0))).toContain('"label":"breaker of glm/glm-5.3-flash opened"');
    await router.close();
  });

  it("says in words what each chart shows", () => {
    const html = renderReport(sampleRecording(0));
    const words = [...html.matchAll(/role="img" aria-label="([^"]*)"/g)].map((match) => match[1] ?? "");
    expect(words).toHaveLength((html.match(/data-chart=/g) ?? []).length);
    for (const text of words) expect(text).toMatch(/\. .*\d/);
    expect(words.find((text) => text.startsWith("Breakers"))).toContain(
      "glm/glm-5.3-flash: opened 3 times, closed at the end",
    );
    expect(words.find((text) => text.startsWith("p95 latency"))).toMatch(
      /minimax: from .* to .*, at most .*breakers that opened: \d/,
    );
  });

  it("has one chart fewer where there is one strategy only", () => {
    const { stats } = sampleRecording(0);
    const { adaptive } = stats.strategies;
    const one = { ...stats, strategies: { adaptive: adaptive as NonNullable<typeof adaptive> } };
    const charts = (html: string): number => (html.match(/data-chart=/g) ?? []).length;
    expect(charts(renderReport(stats)) - charts(renderReport(one))).toBe(1);
  });

  it("stays small whatever names a log holds", () => {
    const lines: LoggedRequest[] = Array.from({ length: 3_000 }, (_, n) => ({
      requestId: "r".repeat(10_000),
      outcome: "ok",
      strategy: `s${n}`,
      startedAtMs: n,
      latencyMs: n,
      tenant: `${n}${"t".repeat(5_000)}`,
      tags: [`${n}`],
      kind: `k${n}`,
    }));
    expect(renderReport(lines).length - renderReport([]).length).toBeLessThan(60_000);
  });
});
