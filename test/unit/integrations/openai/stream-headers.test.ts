import OpenAI from "openai";
import { cached, createRouter, type Router, SignalboxError } from "signalbox";
import { createFetch } from "signalbox/openai";
import { expect, it } from "vitest";
import { says, scripted } from "../support.js";

const request = { model: "m1", messages: [{ role: "user" as const, content: "Hello" }] };

/** One streamed answer through the real SDK: its headers, and its text. */
async function ask(router: Router): Promise<{ headers: Record<string, string>; text: string }> {
  const client = new OpenAI({ apiKey: "unused", fetch: createFetch(router) });
  const body = { ...request, stream: true as const };
  const { data, response } = await client.chat.completions.create(body).withResponse();
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) {
    if (name.startsWith("x-signalbox-")) headers[name.slice("x-signalbox-".length)] = value;
  }
  let text = "";
  for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? "";
  return { headers, text };
}

const requestId = expect.stringMatching(/^req_/);

it("a stream's headers say who answers, from the first chunk on", async () => {
  const { headers, text } = await ask(createRouter({ providers: [scripted(() => says("Hi"))] }));
  expect(text).toBe("Hi");
  expect(headers).toEqual({ provider: "double", model: "m1", "request-id": requestId, cache: "bypass" });
});

it("after a fallback they name the one who answered", async () => {
  const broken = scripted(() => new SignalboxError("server", "No"), { id: "broken" });
  const router = createRouter({ providers: [broken, scripted(() => says("Hi"))], strategy: "ordered" });
  expect((await ask(router)).headers.provider).toBe("double");
});

it("a miss, one who joined it, and a hit: the latter two cost nothing", async () => {
  const router = createRouter({ providers: [scripted(() => says("Hi"))], cache: {} });
  const [leader, joined] = await Promise.all([ask(router), ask(router)]);
  const hit = await ask(router);
  const served = { provider: "double", model: "m1", "request-id": requestId };
  expect(leader).toEqual({ text: "Hi", headers: { ...served, cache: "miss" } });
  expect(joined).toEqual({ text: "Hi", headers: { ...served, cache: "joined", "cost-usd": "0" } });
  expect(hit).toEqual({ text: "Hi", headers: { ...served, cache: "hit", "cost-usd": "0" } });
  const ids = [leader, joined, hit].map(({ headers }) => headers["request-id"]);
  expect(new Set(ids).size).toBe(3);
});

it("one who joins an answer that comes whole learns of it with the first chunk", async () => {
  const slow = scripted(() => new Promise((resolve) => setTimeout(resolve, 50, says("Hi"))));
  const router = createRouter({ providers: [slow], cache: {} });
  const whole = router.chat(request);
  expect((await ask(router)).headers).toMatchObject({ provider: "double", model: "m1", cache: "joined" });
  await whole;
});

it("a decorated provider's own hit is one", async () => {
  const router = createRouter({ providers: [cached(scripted(() => says("Hi")))] });
  expect((await ask(router)).headers.cache).toBe("bypass");
  expect((await ask(router)).headers).toMatchObject({ cache: "hit", "cost-usd": "0" });
});

it("a stale answer in an outage is told as such", async () => {
  let up = true;
  const provider = scripted(() => (up ? says("Hi") : new SignalboxError("server", "No")));
  const router = createRouter({ providers: [provider], cache: { ttlMs: 1 }, degrade: { staleMs: 60_000 } });
  await ask(router);
  up = false;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await ask(router)).toMatchObject({ text: "Hi", headers: { cache: "stale", provider: "double" } });
});
