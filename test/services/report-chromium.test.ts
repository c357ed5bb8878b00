import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { createRouter, simulated } from "signalbox";
import { toNodeListener } from "signalbox/openai";
import { renderReport, report } from "signalbox/report";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleRecording } from "../unit/integrations/report/sample.js";

/** Debian's browser; another by `CHROMIUM`. Where there is none these tests fail. */
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

let browser: Browser;
let folder: string;

beforeAll(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", ...QUIET];
  browser = await chromium.launch({ executablePath: EXECUTABLE, args });
  folder = await mkdtemp(join(tmpdir(), "signalbox-report-"));
  const recording = sampleRecording(Date.UTC(2026, 0, 1));
  await writeFile(join(folder, "run.html"), renderReport(recording));
  await writeFile(join(folder, "totals.html"), renderReport(recording.stats));
  await writeFile(join(folder, "empty.html"), renderReport([]));
});

afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function open(name: string, width: number, colorScheme: "light" | "dark") {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const loads: string[] = [];
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  page.on("request", (request) => void loads.push(request.url()));
  const address = pathToFileURL(join(folder, name)).href;
  await page.goto(address);
  await page.waitForFunction(
    "document.querySelectorAll('[data-chart]').length === document.querySelectorAll('[data-drawn]').length",
  );
  return { page, complaints, loads: loads.filter((url) => url !== address && !url.startsWith("data:")) };
}

/** How many colours each chart's canvas shows: a blank one shows one. */
const coloursOf = (page: Page): Promise<number[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLCanvasElement>("[data-chart] canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set<number>();
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3]! > 200) seen.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
      return seen.size;
    }),
  );

/** Elements that stick out of the window, outside boxes that scroll by themselves. */
const overflowing = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const out = [...document.querySelectorAll("body *")].filter((element) => {
      const { right, left, width } = element.getBoundingClientRect();
      return width > 0 && (right > innerWidth + 1 || left < -1);
    });
    const wide = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];
    return [...wide, ...out.map((element) => `${element.tagName}.${element.className}`)];
  });

describe("the report in a browser", () => {
  const cases = [400, 1_400].flatMap((width) => (["light", "dark"] as const).map((scheme) => [width, scheme] as const));
  it.each(cases)("draws every chart and fits, %i px, %s", async (width, scheme) => {
    for (const [name, charts] of [
      ["run.html", 9],
      ["totals.html", 6],
    ] as const) {
      const { page, complaints, loads } = await open(name, width, scheme);
      const colours = await coloursOf(page);
      expect(colours.length, name).toBe(charts);
      expect(Math.min(...colours), name).toBeGreaterThan(3);
      expect(await overflowing(page), name).toEqual([]);
      expect({ complaints, loads }).toEqual({ complaints: [], loads: [] });
      await page.close();
    }
  });

  it("has two themes", async () => {
    const backgrounds = new Set<string>();
    for (const scheme of ["light", "dark"] as const) {
      const { page } = await open("run.html", 800, scheme);
      backgrounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await page.close();
    }
    expect(backgrounds.size).toBe(2);
  });

  it("draws anew when the window or the theme changes", async () => {
    const { page, complaints } = await open("run.html", 1_400, "light");
    const widthOf = () => page.evaluate(() => document.querySelector("canvas")!.clientWidth);
    const wide = await widthOf();
    await page.setViewportSize({ width: 400, height: 900 });
    await expect.poll(widthOf).toBeLessThan(wide);
    expect(await overflowing(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(Math.min(...(await coloursOf(page)))).toBeGreaterThan(3);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("tells the value under the pointer", async () => {
    const { page } = await open("run.html", 1_400, "light");
    const legend = page.locator("figure").first().locator(".u-value").nth(1);
    const last = await legend.textContent();
    const plot = await page.locator("figure").first().locator(".u-over").boundingBox();
    await page.mouse.move(plot!.x + plot!.width / 3, plot!.y + plot!.height / 2);
    await expect.poll(() => legend.textContent()).not.toBe(last);
    await page.close();
  });

  it("tells a chart's numbers as a table, too", async () => {
    const { page, complaints } = await open("run.html", 400, "light");
    const figure = page.locator("figure").first();
    await figure.locator("summary").click();
    await expect.poll(() => figure.locator("details tr").count()).toBeGreaterThan(60);
    expect(await figure.locator("details tr").nth(1).textContent()).toMatch(/\$/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a live page draws, goes on telling, keeps what is open, and pauses", async () => {
    const router = createRouter({
      providers: [simulated({ ttftMs: 1, usdPerMTok: { input: 1, output: 2 } })],
      budgets: [{ per: "tenant", maxUsd: 1, windowMs: 60_000 }],
    });
    const handler = report.live(router, { everyMs: 250 });
    const server = createServer(toNodeListener(handler)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const ask = () => router.chat({ messages: [{ role: "user", content: "Hello" }] }, { tenant: "acme" });
    await ask();
    const page = await browser.newPage({ viewport: { width: 1_000, height: 900 } });
    const complaints: string[] = [];
    page.on("pageerror", (error) => void complaints.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/admin/box`);
    const requests = page.locator(".tile strong").first();
    const state = page.locator("#live");
    await expect.poll(() => state.textContent()).toBe("live");
    await page.locator('summary[aria-label="Numbers: Latency by provider"]').click();
    await ask();
    await expect.poll(() => requests.textContent()).toBe("2");
    expect(await page.locator("details[open]").count()).toBe(1);
    expect(Math.min(...(await coloursOf(page)))).toBeGreaterThan(3);
    await page.locator("#pause").click();
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([await state.textContent(), await requests.textContent()]).toEqual(["paused", "2"]);
    await page.locator("#pause").click();
    await expect.poll(() => requests.textContent()).toBe("3");
    expect(complaints).toEqual([]);
    await page.close();
    handler.close();
    server.closeAllConnections();
    server.close();
    await router.close();
  });

  it("an empty run is no broken page", async () => {
    const { page, complaints } = await open("empty.html", 400, "dark");
    expect(await overflowing(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
