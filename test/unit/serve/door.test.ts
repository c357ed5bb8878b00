import { expect, it, vi } from "vitest";
import type { ChatChunk } from "../../../src/chat/chunk.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createFetch } from "../../../src/integrations/openai/index.js";
import { deltaChunk, modelInfo, says, scripted } from "../integrations/support.js";

const messages = [{ role: "user", content: "Hello" }];
const CHAT = "http://router.invalid/v1/chat/completions";
const post = (body: BodyInit): RequestInit => ({ method: "POST", body, duplex: "half" }) as RequestInit;
const ask = (fields: object = {}): RequestInit => post(JSON.stringify({ model: "auto", messages, ...fields }));

/** A provider that says nothing for so long, then streams what it is told. */
const silent = (ms: number, last: ChatChunk | Error) => ({
  id: "slow",
  models: [modelInfo("m1")],
  async *stream() {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (last instanceof Error) throw last;
    yield last;
  },
});

it("silence is filled with heartbeats, also before the first chunk", async () => {
  const fetch = createFetch(silent(250, deltaChunk({ content: "Hi" }, "stop")), { heartbeatMs: 25 });
  const response = await fetch(CHAT, ask({ stream: true }));
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  const text = await response.text();
  expect(text).toMatch(/^(: keep-alive\n\n){2,}data: \{.*"Hi".*\}\n\ndata: \[DONE\]\n\n$/s);
});

it("a failure after a heartbeat is an event, one before it a status", async () => {
  const broken = (ms: number) => createFetch(silent(ms, new SignalboxError("rate_limit", "No")), { heartbeatMs: 40 });
  const late = await broken(150)(CHAT, ask({ stream: true }));
  expect(late.status).toBe(200);
  expect(await late.text()).toContain('"code":"rate_limit_exceeded"');
  expect((await broken(0)(CHAT, ask({ stream: true }))).status).toBe(429);
});

it("no heartbeat with 0", async () => {
  const fetch = createFetch(silent(80, deltaChunk({ content: "Hi" }, "stop")), { heartbeatMs: 0 });
  expect(await (await fetch(CHAT, ask({ stream: true }))).text()).not.toContain("keep-alive");
});

it("a body beyond the bound is a 413, and is not read on", async () => {
  const provider = scripted(() => says("Hi"));
  const fetch = createFetch(provider, { maxBodyBytes: 1_000 });
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(400).fill(32));
      },
    },
    { highWaterMark: 0 },
  );
  for (const body of [post(endless), post(`${" ".repeat(1_000)}{}`), post("ä".repeat(501))]) {
    const response = await fetch(CHAT, body);
    expect(response.status).toBe(413);
    expect((await response.json()).error.message).toContain("1000 bytes");
  }
  expect(pulled).toBeLessThan(6);
  expect((await fetch(CHAT, ask())).status).toBe(200);
  expect(provider.seen.requests.length).toBe(1);
});

it("paths that are not served go to otherwise, as they came", async () => {
  const otherwise = vi.fn(async () => new Response("elsewhere"));
  const fetch = createFetch(
    scripted(() => says("Hi")),
    { otherwise },
  );
  const init = post('{"input":"x"}');
  expect(await (await fetch("http://router.invalid/v1/embeddings", init)).text()).toBe("elsewhere");
  expect(otherwise).toHaveBeenCalledExactlyOnceWith("http://router.invalid/v1/embeddings", init);
  expect((await fetch(CHAT, ask())).headers.get("content-type")).toBe("application/json");
});

it("no text that a vendor or a caller chooses makes a door throw", async () => {
  for (const text of ["\ud800", "a\r\nx-evil: 1", "名", "\0"]) {
    const error = new SignalboxError("server", text, { provider: text, model: text, requestId: text });
    const fetch = createFetch(scripted(() => error));
    for (const stream of [false, true]) {
      const response = await fetch(CHAT, ask({ stream }));
      expect(response.status).toBe(502);
      expect(response.headers.get("x-evil")).toBeNull();
    }
    expect((await fetch(CHAT, ask({ model: text }))).status).toBe(404);
    expect((await fetch(`http://router.invalid/v1/models/${encodeURIComponent("%")}${text}`)).status).toBe(404);
  }
});
