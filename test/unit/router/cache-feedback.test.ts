import { type ChatRequest, cached, createCache, createRouter, type Provider } from "signalbox";
import { expect, test } from "vitest";
import { ask, double } from "./doubles.js";

type Layers = (provider: Provider) => Parameters<typeof createRouter>[0];

const layers: [string, Layers][] = [
  ["a decorated provider", (provider) => ({ providers: [cached(provider)] })],
  ["a router's cache and a decorated provider", (provider) => ({ providers: [cached(provider)], cache: {} })],
  ["a router within", (provider) => ({ providers: [createRouter({ id: "in", providers: [provider], cache: {} })] })],
  [
    "a cache on every floor",
    (provider) => ({
      providers: [createRouter({ id: "in", providers: [cached(provider)], cache: {} })],
      cache: {},
    }),
  ],
  [
    "a decorated router with a cache",
    (provider) => ({ providers: [cached(createRouter({ id: "in", providers: [provider], cache: {} }))] }),
  ],
  [
    "a decorated router between two caches",
    (provider) => ({
      providers: [cached(createRouter({ id: "in", providers: [cached(provider)], cache: {} }))],
      cache: {},
    }),
  ],
];

const chat = (router: ReturnType<typeof createRouter>, request: ChatRequest) => router.chat(request);
const stream = (router: ReturnType<typeof createRouter>, request: ChatRequest) => router.stream(request).reply;

for (const [way, say] of [
  ["chat", chat],
  ["stream", stream],
] as const) {
  test.each(layers)(`a score of 0 evicts an answer from %s, fresh or a hit (${way})`, async (_name, build) => {
    const provider = double("a");
    const router = createRouter(build(provider));
    const other = await say(router, ask("other"));
    for (let round = 1; round <= 3; round++) {
      const first = await say(router, ask("x"));
      const again = await say(router, ask("x"));
      expect(provider.calls).toBe(1 + round);
      router.feedback(again, { score: 0.1 });
      expect((await say(router, ask("x"))).route.cache.status).toBe("hit");
      router.feedback(round === 1 ? first : again, { score: 0 });
    }
    expect((await say(router, ask("other"))).id).toBe(other.id);
    expect(provider.calls).toBe(4);
  });
}

test("a score of 0 from one who joined evicts, too", async () => {
  const provider = double("a");
  const inner = createRouter({ id: "in", providers: [cached(provider)] });
  const router = createRouter({ providers: [inner], cache: {} });
  const replies = await Promise.all([router.chat(ask("x")), router.chat(ask("x"))]);
  const joined = replies.find(({ route }) => route.cache.status === "joined");
  expect(joined).toBeDefined();
  if (joined) router.feedback(joined, { score: 0 });
  await router.chat(ask("x"));
  expect(provider.calls).toBe(2);
});

test("a score of 0 from one who joined within a decorated router evicts on every floor", async () => {
  const provider = double("a");
  const inner = cached(createRouter({ id: "in", providers: [provider], cache: {} }));
  const routers = [createRouter({ providers: [inner] }), createRouter({ providers: [inner] })] as const;
  const replies = await Promise.all(routers.map((router) => router.chat(ask("x"))));
  expect(provider.calls).toBe(1);
  const [index] = replies.flatMap(({ route }, at) => (route.attempts.length === 0 ? [at] : []));
  routers[index as 0 | 1].feedback(replies[index as 0 | 1] as (typeof replies)[0], { score: 0 });
  await routers[0].chat(ask("x"));
  expect(provider.calls).toBe(2);
});

test("an answer that another process kept is evicted from what the provider shares with it", async () => {
  const data = new Map<string, unknown>();
  const store = {
    get: async (key: string) => data.get(key),
    set: async (key: string, value: unknown) => void data.set(key, value),
    delete: async (key: string) => void data.delete(key),
  };
  const provider = double("a");
  const process = () => {
    const caches = [createCache({ store }), createCache({ store })] as const;
    const router = createRouter({ providers: [cached(provider, { cache: caches[0] })], cache: caches[1] });
    return { router, flush: () => Promise.all(caches.map((cache) => cache.flush())) };
  };
  const [one, two] = [process(), process()];
  await one.router.chat(ask("x"));
  await one.flush();
  const hit = await two.router.chat(ask("x"));
  expect(hit.route.cache.status).toBe("hit");
  two.router.feedback(hit, { score: 0 });
  await two.flush();
  await two.router.chat(ask("x"));
  expect(provider.calls).toBe(2);
});

test("a provider that fails to forget fails no feedback", async () => {
  const provider = cached(double("a"));
  const forget = () => {
    throw new Error("no");
  };
  const router = createRouter({ providers: [{ ...provider, forget }] });
  const reply = await router.chat(ask("x"));
  expect(() => router.feedback(reply, { score: 0 })).not.toThrow();
});
