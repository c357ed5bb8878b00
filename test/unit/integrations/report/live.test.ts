import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createRouter, simulated } from "signalbox";
import { afterEach, expect, it, vi } from "vitest";
import { live, report } from "../../../../src/integrations/report/index.js";

const messages = [{ role: "user" as const, content: "A secret question" }];
const PAGE = "https://app.example/admin/box";

const routed = () => createRouter({ providers: [simulated({ usdPerMTok: { input: 1, output: 2 } })] });
const events = (signal?: AbortSignal): Request =>
  new Request(PAGE, { headers: { accept: "text/event-stream" }, ...(signal ? { signal } : {}) });

interface Update {
  readonly subtitle: string;
  readonly html: string;
  readonly charts: readonly unknown[];
}

function readerOf(response: Response) {
  const reader = response.body!.getReader();
  return {
    async next(): Promise<Update | undefined> {
      const { value, done } = await reader.read();
      if (done) return undefined;
      const data = /^data: (.*)$/m.exec(new TextDecoder().decode(value))?.[1];
      return JSON.parse(data ?? "null") as Update;
    },
    leave: () => reader.cancel(),
  };
}

const requestsIn = (update: Update | undefined): string | undefined =>
  /<span>Requests<\/span><strong>([^<]*)/.exec(update?.html ?? "")?.[1];

afterEach(() => void vi.useRealTimers());

it("is a page at whatever path it is mounted, and tells updates at the same address", async () => {
  const router = routed();
  const handler = report.live(router, { title: "Box", everyMs: 250 });
  const page = await handler(new Request(PAGE));
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const html = await page.text();
  expect(html).toContain("<h1>Box</h1>");
  expect(html).toContain("connect-src 'self'");
  expect(html.match(/<(?:script|link|img)[^>]*\b(?:src|href)="(?!data:,)/gi)).toBeNull();
  const stream = await handler(events());
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  expect(stream.headers.get("cache-control")).toBe("no-store");
  const reader = readerOf(stream);
  expect(requestsIn(await reader.next())).toBe("0");
  await router.chat({ messages }, { tenant: "acme" });
  const update = await reader.next();
  expect(requestsIn(update)).toBe("1");
  expect(update?.html).toContain("acme");
  expect(JSON.stringify(update)).not.toContain("secret");
  await reader.leave();
  const asked = readerOf(await handler(`${PAGE}?events=`));
  expect(requestsIn(await asked.next())).toBe("1");
  handler.close();
  expect(await asked.next()).toBeUndefined();
  expect((await handler(new URL(PAGE))).status).toBe(503);
  await router.close();
});

it("bounds pages, updates that nobody reads, and timers", async () => {
  vi.useFakeTimers();
  const router = routed();
  const handler = live(router, { maxClients: 2, everyMs: 1_000 });
  const [one, two] = [readerOf(await handler(events())), new AbortController()];
  const slow = await handler(events(two.signal));
  const refused = await handler(events());
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
  await vi.advanceTimersByTimeAsync(600_000);
  const idle = readerOf(slow);
  // Of ten minutes of updates it holds one; the next is a fresh one.
  expect((await idle.next())?.subtitle).toBe("since 0.00 ms");
  await router.chat({ messages });
  const next = idle.next();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(requestsIn(await next)).toBe("1");
  two.abort();
  expect(await idle.next()).toBeUndefined();
  expect(vi.getTimerCount()).toBe(1);
  await one.leave();
  expect(vi.getTimerCount()).toBe(0);
  handler.close();
  handler.close();
  await router.close();
});

it("a reader that leaves frees its place, though nobody holds its request any more", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const router = routed();
  const handler = live(router, { maxClients: 1 });
  const controller = new AbortController();
  const open = (): Promise<Response> => handler(events(controller.signal));
  const reader = readerOf(await open());
  await reader.next();
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
  }
  controller.abort();
  expect((await handler(events())).status).toBe(200);
  handler.close();
  await router.close();
});

it("answers GET alone, and refuses wrong options by name", async () => {
  const router = routed();
  const handler = live(router);
  const posted = await handler(new Request(PAGE, { method: "POST", body: "x" }));
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const head = await handler(new Request(PAGE, { method: "HEAD" }));
  expect([head.status, await head.text()]).toEqual([200, ""]);
  for (const [options, path] of [
    [{ everyMs: 1 }, "everyMs"],
    [{ maxClients: 0 }, "maxClients"],
    [{ every: 1 }, "every"],
  ] as const)
    expect(() => live(router, options as never)).toThrow(path);
  expect(() => live({} as never)).toThrow(/router/);
  handler.close();
  await router.close();
});

it("an update has a bound of its own", async () => {
  const router = routed();
  const handler = live(router);
  for (let n = 0; n < 400; n++)
    await router.chat({ messages }, { tenant: `${n}${"é<".repeat(200)}`, tags: [`${n}${"<".repeat(400)}`] });
  const { value } = await (await handler(events())).body!.getReader().read();
  expect(value!.length).toBeLessThanOrEqual(262_144);
  handler.close();
  await router.close();
});
