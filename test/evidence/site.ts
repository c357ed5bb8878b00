/**
 * `npm run site`: opens the built site in a browser, at 400 and 1,400 px, light and dark: no link is dead, no page scrolls sideways, none
 * complains, none loads from elsewhere, and the playground replays its sample. `--shots FOLDER` keeps pictures.
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

const SITE = fileURLToPath(new URL("../../docs/.vitepress/dist/", import.meta.url));
const BASE = "/signalbox/";
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PAGES = [
  "",
  "guide/first-answer",
  "guide/money",
  "guide/observe",
  "migration/litellm",
  "recipes",
  "vendors/",
  "vendors/kimi",
  "measurements",
  "peers",
  "playground",
  "api/",
];
const TYPES: { readonly [ending: string]: string } = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://site");
  const file = fileOf(pathname);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" }).end(readFileSync(join(SITE, file)));
});

/** The file behind an address of the site, as the host of the site finds it. */
function fileOf(pathname: string): string | undefined {
  const path = decodeURIComponent(pathname.replace(BASE, ""));
  return [path, `${path}.html`, join(path, "index.html")].find((each) => isFile(join(SITE, each)));
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const at = process.argv.indexOf("--shots");
const shots = at < 0 ? undefined : process.argv[at + 1];
if (shots) mkdirSync(shots, { recursive: true });
const complaints: string[] = deadLinks();

async function look(browser: Browser, origin: string, width: number, colorScheme: "light" | "dark"): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  let where = "";
  const complain = (what: string): void => void complaints.push(`${where}, ${width} px: ${what}`);
  page.on("pageerror", ({ message }) => complain(message));
  page.on("console", (message) => void (message.type() === "error" && complain(message.text())));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) complain(`loads ${request.url()}`);
  });
  for (const path of PAGES) {
    where = path || "home";
    await page.goto(`${origin}${BASE}${path}`, { waitUntil: "networkidle" });
    if (path === "playground") await play(page, complain);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) complain(`scrolls sideways (${wide} px)`);
    if (shots) await page.screenshot({ path: join(shots, `${where.replaceAll("/", "-")}-${width}.png`) });
  }
  await page.close();
}

async function play(page: Page, complain: (what: string) => void): Promise<void> {
  await page.getByRole("button", { name: "Take the sample" }).click();
  await page.getByText(/lines; the field shows/).waitFor();
  const asked: string[] = [];
  page.on("request", (request) => void (request.method() !== "GET" && asked.push(request.url())));
  await page.getByRole("button", { name: "Replay" }).click();
  await page.locator(".results section").first().waitFor({ timeout: 60_000 });
  if ((await page.locator(".results section").count()) !== 3) complain("the playground gives no three results");
  if (asked.length > 0) complain(`the playground sends ${asked}`);
  await page.locator(".results").scrollIntoViewIfNeeded();
}

/** Links of the built pages to pages of the site that are not there. */
function deadLinks(): string[] {
  const pages = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
  const dead = new Set<string>();
  for (const page of pages) {
    const html = readFileSync(join(SITE, page), "utf8");
    for (const [, href = ""] of html.matchAll(/ href="([^"#?]+)/g)) {
      if (href.startsWith(BASE) && fileOf(href) === undefined) dead.add(`${page}: dead link ${href}`);
    }
  }
  return [...dead];
}

server.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ["--no-sandbox", "--disable-gpu"] });
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
await look(browser, origin, 400, "light");
await look(browser, origin, 1_400, "dark");
await browser.close();
server.closeAllConnections();
server.close();
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.stdout.write(`${PAGES.length} pages at two widths, ${complaints.length} complaints\n`);
process.exitCode = complaints.length > 0 ? 1 : 0;
