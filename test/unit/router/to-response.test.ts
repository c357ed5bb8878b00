import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createRouter } from "../../../src/preset/create-router.js";
import { simulated } from "../../../src/vendors/simulated.js";

const request = { messages: [{ role: "user" as const, content: "x" }] };

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => vi.useRealTimers());

function hanging() {
  return createRouter({
    providers: [simulated({ failures: () => "hang" })],
    retry: { attempts: 1 },
    timeouts: { headersMs: 120_000 },
  });
}

test("toResponse sends a heartbeat after 15 s of silence, with headers that keep proxies from buffering", async () => {
  const stream = hanging().stream(request);
  const asked = stream.toResponse();
  await vi.advanceTimersByTimeAsync(15_000);
  const response = await asked;
  expect(response.status).toBe(200);
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(response.headers.get("cache-control")).toContain("no-cache");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const texts: string[] = [];
  const read = async () => texts.push(new TextDecoder().decode((await reader.read()).value));
  await read();
  const second = read();
  await vi.advanceTimersByTimeAsync(15_000);
  await second;
  expect(texts).toEqual([": keep-alive\n\n", ": keep-alive\n\n"]);
  await reader.cancel();
});

test("heartbeatMs sets the silence; 0 sends none", async () => {
  let begun = false;
  const quick = hanging().stream(request).toResponse({ heartbeatMs: 20 });
  await vi.advanceTimersByTimeAsync(20);
  const response = await quick;
  expect(await (response.body as ReadableStream).getReader().read()).toMatchObject({ done: false });
  void hanging()
    .stream(request)
    .toResponse({ heartbeatMs: 0 })
    .then(() => {
      begun = true;
    });
  await vi.advanceTimersByTimeAsync(25_000);
  expect(begun).toBe(false);
  await expect(hanging().stream(request).toResponse({ heartbeatMs: -1 })).rejects.toMatchObject({
    kind: "invalid_options",
    path: "heartbeatMs",
  });
});

test("a failure before the first chunk has its own status", async () => {
  vi.useRealTimers();
  const limited = simulated({ failures: () => "rate_limit" });
  const response = await createRouter({ providers: [limited], retry: { attempts: 1 } })
    .stream(request)
    .toResponse();
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ error: { code: "rate_limit" } });
  const wrong = await createRouter({ providers: [simulated()] })
    .stream({ messages: [] })
    .toResponse();
  expect(wrong.status).toBe(400);
});

test("httpStatus says what a server answers with", () => {
  const statuses = ["invalid_request", "cancelled", "quota", "auth", "timeout", "saturated", "network"] as const;
  expect(statuses.map((kind) => new SignalboxError(kind, "x").httpStatus)).toEqual([400, 499, 429, 502, 504, 503, 502]);
  expect(new SignalboxError("auth", "x").toJSON()).not.toHaveProperty("httpStatus");
});
