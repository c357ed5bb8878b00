import { cached, createRouter, type RoutedReply, type Router } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, double } from "./doubles.js";

const ways: [string, (router: Router, text: string) => Promise<RoutedReply>][] = [
  ["chat", (router, text) => router.chat(ask(text))],
  ["stream", (router, text) => router.stream(ask(text)).reply],
];

describe.each(ways)("an answer from a cache within (%s)", (_way, say) => {
  test.each(["router", "cached"] as const)("lives no longer for being read through another cache: %s", async (how) => {
    const clock = createVirtualClock();
    const provider = double("a");
    const inner = createRouter({ id: "in", providers: [provider], cache: { ttlMs: 1_000 }, clock });
    const router = createRouter(
      how === "router"
        ? { providers: [inner], cache: { ttlMs: 1_000 }, clock }
        : { providers: [cached(inner, { ttlMs: 1_000, clock })], clock },
    );
    await say(inner, "x");
    await clock.advance(900);
    expect((await say(router, "x")).route.cache.status).toBe("hit");
    await clock.advance(99);
    expect((await say(router, "x")).route.cache.status).toBe("hit");
    await clock.advance(1);
    expect((await say(router, "x")).route.cache.status).not.toBe("hit");
    expect(provider.calls).toBe(2);
  });

  test("lives no longer on the third floor", async () => {
    const clock = createVirtualClock();
    const provider = double("a");
    const decorated = cached(provider, { ttlMs: 1_000, clock });
    const inner = createRouter({ id: "in", providers: [decorated], clock });
    const router = createRouter({ providers: [inner], cache: { ttlMs: 1_000 }, clock });
    await say(inner, "x");
    await clock.advance(900);
    const { route } = await say(router, "x");
    expect(route).toMatchObject({ cache: { status: "hit" }, attempts: [], costUsd: 0 });
    await clock.advance(100);
    expect((await say(router, "x")).route.cache.status).toBe("miss");
    expect(provider.calls).toBe(2);
  });

  test("is not kept as the answer to a question that is only alike", async () => {
    const provider = double("a");
    const inner = createRouter({ id: "in", providers: [provider], cache: { similar: { mode: "serve" } } });
    const around = createRouter({ providers: [inner], cache: {} });
    const decorated = createRouter({ providers: [cached(inner)] });
    await say(inner, "What is the capital of France?");
    const like = "what's the capital of France";
    expect((await say(inner, like)).route.cache.status).toBe("similar");
    for (const router of [around, decorated]) await say(router, like);
    inner.invalidate({ provider: "a" });
    for (const router of [around, decorated]) {
      expect((await say(router, like)).route.cache.status).not.toBe("hit");
      inner.invalidate({ provider: "a" });
    }
  });
});

test("a stored answer that does not meet the call's schema is no hit where another answered", async () => {
  const router = createRouter({
    providers: [cached(double("a", { text: '["a"]' })), double("b", { text: '["b"]' })],
    strategy: "ordered",
  });
  const accepting = (provider: string) => ({
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) =>
        Array.isArray(value) && value[0] === provider ? { value } : { issues: [{ message: "not mine" }] },
      types: undefined,
    },
  });
  for (const provider of ["a", "b"]) {
    const { route } = await router.chat(ask("x"), { output: accepting(provider) });
    expect([route.provider, route.cache.status]).toEqual([provider, "bypass"]);
  }
});
