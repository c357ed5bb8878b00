import { type AnyProvider, type CallContext, cached, createReply, createRouter, type RoutedReply } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, failureOf, provider, readAll } from "./support.js";

/** As a script without types calls it. */
type ByHand = {
  chat(request: unknown, options?: unknown): Promise<RoutedReply>;
  stream(request: unknown, options?: unknown): ReturnType<NonNullable<AnyProvider["stream"]>>;
};
const byHand = (decorated: AnyProvider) => decorated as unknown as ByHand;

function rig() {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, otherwise: { text: "hello", delayMs: 10 } });
  return { clock, upstream, router: createRouter({ id: "in", providers: [upstream], clock }) };
}

describe("a decorated provider called by hand", () => {
  test("answers without a context, from the cache as well", async () => {
    const { clock, upstream } = rig();
    const decorated = byHand(cached(upstream, { clock }));
    for (let n = 0; n < 2; n++) {
      const [whole, streamed] = [decorated.chat(ask()), readAll(decorated.stream(ask()))];
      await clock.advance(10);
      expect((await whole).choices[0].message.content).toBe("hello");
      expect((await streamed).text).toBe("hello");
    }
    expect(upstream.calls).toHaveLength(1);
  });

  test("hands its provider a whole context, in every mode", async () => {
    const seen: CallContext[] = [];
    const bare: AnyProvider = {
      id: "mine",
      models: [testModel("m")],
      async chat(_, context) {
        seen.push(context);
        context.signal.throwIfAborted();
        return createReply({ text: `${context.deadline.remainingMs()} ${context.attempts.take()}` });
      },
    };
    for (const mode of ["full", "context", "response"] as const) {
      const { choices } = await byHand(cached(bare, { mode })).chat(ask(), { tenant: "acme" });
      expect(choices[0].message.content).toBe("Infinity true");
    }
    expect(seen.map(({ tenant }) => tenant)).toEqual(["acme", "acme", "acme"]);
    expect(new Set(seen.map(({ requestId }) => requestId)).size).toBe(3);
  });

  test("keeps tenants apart and heeds a signal", async () => {
    const { clock, upstream } = rig();
    const decorated = byHand(cached(upstream, { clock }));
    const controller = new AbortController();
    const left = failureOf(decorated.chat(ask(), { signal: controller.signal }));
    await clock.settle();
    controller.abort(new Error("gone"));
    expect(await left).toMatchObject({ kind: "cancelled" });
    for (const tenant of ["a", "b", "a"]) {
      const answer = decorated.chat(ask(), { tenant });
      await clock.advance(10);
      await answer;
    }
    expect(upstream.calls).toHaveLength(3);
  });

  test.each([
    ["no request", undefined, undefined, "invalid_request", "request"],
    ["no messages", { messages: [] }, undefined, "invalid_request", "messages"],
    ["an option of routers", ask(), { deny: ["a"] }, "invalid_options", "options.deny"],
    ["options that are none", ask(), "x", "invalid_options", "options"],
  ])("%s is one error that names it", async (_name, request, options, kind, path) => {
    const { upstream, router } = rig();
    for (const decorated of [cached(upstream), cached(router)]) {
      const { chat, stream } = byHand(decorated);
      expect(await failureOf(chat(request, options))).toMatchObject({ kind, path });
      expect((await readAll(stream(request, options))).error).toMatchObject({ kind, path });
    }
    expect(upstream.calls).toHaveLength(0);
  });
});

describe("a decorated router called by hand", () => {
  test.each(["chat", "stream"] as const)("tells in a hit's route who answered and what it saved (%s)", async (how) => {
    const { clock, router } = rig();
    const decorated = byHand(cached(router, { clock }));
    const first = how === "chat" ? decorated.chat(ask()) : readAll(decorated.stream(ask()));
    await clock.advance(10);
    await first;
    await clock.advance(500);
    const { route } = await decorated.chat(ask());
    expect(route).toMatchObject({ provider: "a", model: "m", attempts: [], costUsd: 0, degraded: [] });
    expect(route.cache).toMatchObject({ status: "hit", ageMs: 500 });
    expect(route.cache.savedUsd).toBeGreaterThan(0);
    const text = JSON.stringify(route);
    (route as { provider: string }).provider = "changed";
    const again = await decorated.chat(ask());
    expect(JSON.stringify({ ...again.route, requestId: route.requestId })).toBe(text);
  });

  test("books the call of several once", async () => {
    const { clock, router } = rig();
    const decorated = byHand(cached(router, { clock }));
    const replies = Promise.all([decorated.chat(ask()), decorated.chat(ask()), decorated.chat(ask())]);
    await clock.advance(10);
    const routes = (await replies).map(({ route }) => route);
    expect(routes.map(({ cache }) => cache.status)).toEqual(["bypass", "joined", "joined"]);
    expect(routes.map(({ attempts }) => attempts.length)).toEqual([1, 0, 0]);
    expect(routes.map(({ costUsd }) => costUsd)).toEqual([routes[0]?.costUsd, 0, 0]);
    expect(new Set(routes.map(({ requestId }) => requestId)).size).toBe(3);
  });
});
