import { type Cache, cached, createCache, createReply, createRouter, openaiCompatible, type Provider } from "signalbox";
import { expect, test } from "vitest";
import { ask, model } from "./doubles.js";

/** An endpoint of an OpenAI-compatible server that says where it stands, and how often it was asked. */
function endpoint(baseURL: string, apiKey = "sk-a") {
  const seen = { calls: 0 };
  const provider = openaiCompatible({
    id: "local",
    baseURL,
    apiKey,
    models: [model()],
    chatUpstream: "whole",
    fetch: async (url) => {
      seen.calls += 1;
      return Response.json(createReply({ text: `from ${new URL(String(url)).host}`, model: "m" }));
    },
  });
  return { provider, seen };
}

const textOf = (reply: { choices: readonly [{ message: { content: string | null } }, ...unknown[]] }) =>
  reply.choices[0].message.content;

/** A router of one endpoint, beside others on one cache. */
const routerOn = (cache: Cache, provider: Provider) => createRouter({ providers: [provider], cache });

test("two endpoints under one id never answer for each other from one cache", async () => {
  const cache = createCache();
  const one = endpoint("https://one.test/v1");
  const two = endpoint("https://two.test/v1");
  expect(textOf(await routerOn(cache, one.provider).chat(ask("x")))).toBe("from one.test");
  const other = routerOn(cache, two.provider);
  expect(textOf(await other.chat(ask("x")))).toBe("from two.test");
  expect((await other.chat(ask("x"))).route.cache.status).toBe("hit");
});

test("a decorated provider's answers are its endpoint's own, whichever key it was asked with", async () => {
  const cache = createCache();
  const say = async (provider: Provider) =>
    textOf(await createRouter({ providers: [cached(provider, { cache })] }).chat(ask("x")));
  const one = endpoint("https://one.test/v1");
  const two = endpoint("https://two.test/v1");
  const again = endpoint("https://one.test/v1/chat/completions", "sk-b");
  expect([await say(one.provider), await say(two.provider)]).toEqual(["from one.test", "from two.test"]);
  expect([await say(one.provider), await say(two.provider)]).toEqual(["from one.test", "from two.test"]);
  expect(await say(again.provider)).toBe("from one.test");
  expect([one.seen.calls, two.seen.calls, again.seen.calls]).toEqual([1, 1, 0]);
});

test("a provider of the app's own says which version of it answers; what is no word says nothing", async () => {
  const cache = createCache();
  const version = (origin: unknown, text: string) =>
    ({ id: "own", models: [model()], origin, chat: async () => createReply({ text, model: "m" }) }) as Provider;
  const say = async (provider: Provider) => textOf(await routerOn(cache, provider).chat(ask("x")));
  expect(await say(version("v1", "old"))).toBe("old");
  expect(await say(version("v1", "unasked"))).toBe("old");
  expect(await say(version("v2", "new"))).toBe("new");
  expect(await say(version(undefined, "plain"))).toBe("plain");
  expect(await say(version(new URL("https://x.test"), "unasked"))).toBe("plain");
});

test("routers and bound views as providers are told apart on one cache, though all have one id", async () => {
  const cache = createCache();
  const of = (text: string): Provider => ({
    id: text,
    models: [model()],
    chat: async () => createReply({ text, model: "m" }),
  });
  const router = createRouter({ providers: [of("a"), of("b")], strategy: "ordered" });
  const say = async (inner: Provider) =>
    textOf(await createRouter({ id: "outer", providers: [cached(inner, { cache })] }).chat(ask("x")));
  const views = [router, router.with({ deny: ["a"] }), createRouter({ providers: [of("c")] })];
  const said: unknown[] = [];
  for (const view of views) said.push(await say(view));
  for (const tenant of ["acme", "zeta"]) said.push(router.with({ tenant }).origin);
  expect(said.slice(0, 3)).toEqual(["a", "b", "c"]);
  expect(new Set([...said.slice(3), router.origin]).size).toBe(3);
  expect(router.with({}).origin).toBe(router.origin);
});

test("no key and no address stands in what a cache holds", async () => {
  const seen: string[] = [];
  const cache = createCache();
  await routerOn(cache, endpoint("https://intranet.test/v1", "sk-secret").provider).chat(ask("x"));
  cache.deleteWhere(({ key, value, tags }) => seen.push(JSON.stringify([key, value, tags])) < 0);
  expect(seen).toHaveLength(1);
  expect(seen[0]).not.toMatch(/intranet\.test\/|sk-secret/);
});
