import { createReply, SignalboxError } from "signalbox";
import {
  budgets,
  cache,
  conversations,
  costOptimized,
  createRouter,
  degrade,
  escalate,
  hedge,
  type LeanRouterOptions,
  learning,
  limits,
  ordered,
  output,
  restart,
  sharing,
} from "signalbox/lean";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "../engine/support.js";

const lean = (options: Partial<LeanRouterOptions> = {}) =>
  createRouter({ providers: [provider("a"), provider("b")], strategy: ordered(), ...options });

describe("a router of the engine alone", () => {
  test("chats, streams, fails over, opens breakers, and tells events", async () => {
    const router = lean({ providers: [provider("a", { script: [broken(), broken()] }), provider("b")] });
    const told = listenTo(router);
    const reply = await router.chat(ask());
    expect(reply.route).toMatchObject({ provider: "b", cache: { status: "bypass" } });
    expect(eventsOf(told, "fallback")).toMatchObject([{ from: "a/m", to: "b/m" }]);
    expect((await readAll(router.stream(ask()))).text).toBe("ok");
    expect(router.stats().requests.requests).toBe(2);
    expect(router.health().candidates).toHaveLength(2);
    expect(router.explain(ask()).candidates.map(({ id }) => id)).toEqual(["a/m", "b/m"]);
    await router.close();
  });

  test.each([
    ["hedge", { hedge: {} }],
    ["strategy", { strategy: "ordered" }],
    ["providers", { providers: [] }],
    ["providers[1].id", { providers: [provider("a"), provider("a")] }],
  ])("refuses at construction what is no value of its own: %s", (path, wrong) => {
    expect(() => lean(wrong as never)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });

  test("refuses what needs a feature that is not in use", async () => {
    const router = lean();
    expect((await failureOf(router.chat(ask(), { conversationId: "c" }))).path).toBe("options.conversationId");
    expect((await failureOf(router.chat(ask(), { output: z.object({}) }))).path).toBe("options.output");
    expect(() => router.conversation("c")).toThrow(expect.objectContaining({ path: "use" }));
    expect(() => router.recommend()).toThrow(expect.objectContaining({ path: "use" }));
  });
});

describe("each feature is a value", () => {
  test("budgets: refuses, and reads what is left", async () => {
    const money = budgets([{ per: "tenant", maxUsd: 0.001, windowMs: 60_000, onExceeded: "reject" }]);
    const router = lean({ use: [money] });
    await router.chat(ask(), { tenant: "acme" });
    const [reading] = money.read("acme");
    expect(reading?.spentUsd).toBeGreaterThan(0);
    expect(router.budget("acme")?.spentUsd).toBe(reading?.spentUsd);
    const error = await failureOf(router.chat({ ...ask(), max_tokens: 8_000 }, { tenant: "acme" }));
    expect(error.kind).toBe("budget_exceeded");
  });

  test("hedge: asks another provider while the first is slow", async () => {
    const clock = createVirtualClock();
    const slow = provider("a", { clock, otherwise: { text: "late", delayMs: 5_000 } });
    const router = lean({
      providers: [slow, provider("b", { clock })],
      clock,
      use: [hedge({ afterMs: 100, maxShare: 1 })],
    });
    const reply = router.chat(ask());
    await clock.advance(200);
    expect((await reply).route.provider).toBe("b");
  });

  test("cache and sharing: hits, and one call for equal requests at once", async () => {
    const upstream = provider("a", { otherwise: { text: "ok", delayMs: 5 } });
    const cached = lean({ providers: [upstream], use: [cache({ maxBytes: 1 << 16, ttlMs: 60_000 })] });
    await cached.chat(ask());
    expect((await cached.chat(ask())).route.cache.status).toBe("hit");
    expect(upstream.calls).toHaveLength(1);
    const shared = lean({ providers: [upstream], use: [sharing()] });
    const both = await Promise.all([shared.chat(ask("x")), shared.chat(ask("x"))]);
    expect(both.map(({ route }) => route.cache.status).sort()).toEqual(["bypass", "joined"]);
    expect(upstream.calls).toHaveLength(2);
  });

  test("limits: one call at once", async () => {
    const upstream = provider("a", { otherwise: { text: "ok", delayMs: 5 } });
    const router = lean({ providers: [upstream], use: [limits({ a: { maxConcurrent: 1 } })] });
    expect(await Promise.all([router.chat(ask("1")), router.chat(ask("2"))])).toHaveLength(2);
  });

  test("degrade, escalate, output, restart", async () => {
    const strong = provider("b", { otherwise: '{"n":1}' });
    const weak = { ...provider("a", { otherwise: "no" }), autoModels: ["m"] };
    const providers = [weak, { ...strong, autoModels: [] }];
    const escalating = lean({ providers, use: [escalate({ to: "b/m" }), output()] });
    const reply = await escalating.chat(ask(), { output: z.object({ n: z.number() }) });
    expect(reply.parsed).toEqual({ n: 1 });
    const failing = { ...provider("a", { otherwise: broken() }), autoModels: ["m"] };
    const degrading = lean({ providers: [failing, { ...strong, autoModels: [] }], use: [degrade({ to: "b/m" })] });
    expect((await degrading.chat(ask())).route.degraded.length).toBeGreaterThan(0);
    const cut = provider("a", { script: [{ pieces: ["half ", new Error("cut")] }], otherwise: "whole" });
    const again = lean({ providers: [cut, provider("b", { otherwise: "whole" })], use: [restart()] });
    const { text, chunks } = await readAll(again.stream(ask()));
    expect(text).toBe("whole");
    expect(chunks.some(({ signalbox }) => signalbox?.reset)).toBe(true);
  });

  test("conversations and learning: turns are remembered, feedback is learned from", async () => {
    const router = lean({ strategy: costOptimized(), use: [conversations(), learning()] });
    const talk = router.conversation("c");
    const reply = await talk.chat("hello");
    await talk.chat("again");
    expect(talk.messages()).toHaveLength(4);
    router.feedback(reply, { score: 1 });
    expect(router.exportState()).toMatchObject({ learner: expect.anything() });
  });

  test("set twice is refused", () => {
    expect(() => lean({ use: [hedge(), { ...hedge(), name: "other" }] })).toThrow(
      expect.objectContaining({ kind: "invalid_options", path: "use[1]" }),
    );
  });

  test("features of one's own run beside them", async () => {
    const router = lean({
      use: [cache({ maxBytes: 1 << 16, ttlMs: 60_000 }), { name: "faq", recall: () => createReply({ text: "known" }) }],
    });
    expect((await router.chat(ask())).choices[0].message.content).toBe("known");
    const refusing = lean({
      use: [
        {
          name: "no",
          request: () => {
            throw new SignalboxError("content_filter", "no");
          },
        },
      ],
    });
    expect((await failureOf(refusing.chat(ask()))).kind).toBe("content_filter");
  });
});
