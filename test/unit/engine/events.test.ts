import { createRouter, type EventMap } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const SECRET = "the prompt nobody may see";

function deepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(deepFrozen);
}

describe("order and pairing", () => {
  test("an answered request", async () => {
    const router = createRouter({ providers: [provider("a")], cache: {} });
    const told = listenTo(router);
    await router.chat(ask());
    expect(told.map(({ name }) => name)).toEqual([
      "request",
      "decision",
      "attempt",
      "health",
      "cache",
      "cache",
      "done",
    ]);
    expect(eventsOf(told, "cache").map(({ status }) => status)).toEqual(["stored", "miss"]);
    await router.chat(ask());
    expect(told.slice(7).map(({ name }) => name)).toEqual(["request", "cache", "done"]);
  });

  test("moves, retries and their ends", async () => {
    const clock = createVirtualClock();
    const a = provider("a", { clock, script: [broken("auth")] });
    const b = provider("b", { clock, script: [broken(), broken()] });
    const router = createRouter({ providers: [a, b], clock, strategy: "ordered", random: () => 0.5 });
    const told = listenTo(router, ["request", "decision", "attempt", "fallback", "retry", "done"]);
    const work = router.chat(ask());
    await clock.advance(10_000);
    const { route } = await work;
    const names = told.map(({ name, event }) =>
      name === "attempt" ? `attempt ${(event as EventMap["attempt"]).role}` : name,
    );
    expect(names).toEqual([
      "request",
      "decision",
      "attempt first",
      "fallback",
      "attempt fallback",
      "retry",
      "attempt retry",
      "retry",
      "attempt retry",
      "done",
    ]);
    expect(told.every(({ event }) => !("requestId" in event) || event.requestId === route.requestId)).toBe(true);
    expect(eventsOf(told, "attempt").map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(eventsOf(told, "done")[0]?.attempts).toHaveLength(4);
  });

  test("a decision is told before the first call, whatever keeps the first candidate from it", async () => {
    const budgets = [{ per: "provider" as const, key: "a", maxUsd: 1e-9, windowMs: 60_000 }];
    const router = createRouter({ providers: [provider("a"), provider("b")], strategy: "ordered", budgets });
    const told = listenTo(router);
    await router.chat(ask());
    expect(told.slice(0, 4).map(({ name }) => name)).toEqual(["request", "budget", "decision", "attempt"]);
    expect(eventsOf(told, "decision")).toMatchObject([
      { candidate: "b/m", excluded: [{ id: "a/m", reason: "budget" }] },
    ]);
  });

  test.each([
    ["failed", () => broken("invalid_request"), "invalid_request"],
    ["empty", () => ({ text: "" }), "empty_response"],
  ])("a request that %s is done once, with its kind", async (_, step, kind) => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [provider("a", { clock, otherwise: step })], clock });
    const told = listenTo(router, ["request", "done"]);
    const works = [failureOf(router.chat(ask())), readAll(router.stream(ask()))];
    await clock.advance(60_000);
    await Promise.all(works);
    expect(eventsOf(told, "request")).toHaveLength(2);
    expect(eventsOf(told, "done").map(({ outcome }) => outcome)).toEqual([kind, kind]);
  });

  test("a request that nobody may serve is done once; one that is none is not even begun", async () => {
    const router = createRouter({ providers: [provider("a")] });
    const told = listenTo(router);
    const error = await failureOf(router.chat(ask(), { deny: ["a"] }));
    const [done] = eventsOf(told, "done");
    expect([error.kind, done?.outcome, done?.requestId, done?.attempts]).toEqual([
      "no_candidate",
      "no_candidate",
      error.requestId,
      [],
    ]);
    await failureOf(router.chat({ messages: [] }));
    await failureOf(router.chat({ ...ask(), model: "nobody" }));
    expect(told).toHaveLength(2);
  });

  test("a request whose caller has left already is one, and ends once", async () => {
    const a = provider("a");
    const router = createRouter({ providers: [a], cache: {} });
    await router.chat(ask());
    const told = listenTo(router, ["request", "done"]);
    const signal = AbortSignal.abort(new Error("left"));
    for (const text of ["hello", "something new"]) {
      const works = [router.chat(ask(text), { signal }), router.stream(ask(text), { signal }).reply];
      for (const work of works) {
        const { kind, name, cause } = await failureOf(work);
        expect([kind, name, cause]).toEqual(["cancelled", "AbortError", signal.reason]);
      }
    }
    expect(eventsOf(told, "request")).toHaveLength(4);
    expect(eventsOf(told, "done").map(({ outcome }) => outcome)).toEqual(Array(4).fill("cancelled"));
    expect(a.calls).toHaveLength(1);
  });
});

describe("what events hold", () => {
  test("they are frozen copies: a listener changes nothing", async () => {
    const router = createRouter({
      providers: [provider("a", { script: [broken("unsupported")] }), provider("b")],
      strategy: "ordered",
    });
    const told = listenTo(router);
    const tags = ["t"];
    const reply = await router.chat(ask(), { tags, deny: [] });
    expect(told.every(({ event }) => deepFrozen(event))).toBe(true);
    expect([Object.isFrozen(tags), Object.isFrozen(reply.usage), Object.isFrozen(reply.route.attempts)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("no prompt, no answer, no metadata", async () => {
    const clock = createVirtualClock();
    const a = provider("a", { clock, script: [new Error(`cannot do "${SECRET}"`), broken("auth")] });
    const b = provider("b", { clock, otherwise: `you said: ${SECRET}` });
    const router = createRouter({ providers: [a, b], clock, strategy: "ordered", cache: {} });
    const told = listenTo(router);
    await router.chat(ask(SECRET), { metadata: { note: SECRET } });
    await readAll(router.stream(ask(`${SECRET}!`), { metadata: { note: SECRET } }));
    expect(told.length).toBeGreaterThan(8);
    expect(JSON.stringify(told)).not.toContain("nobody may see");
  });

  test("a throwing and a rejecting listener touch no request", async () => {
    const router = createRouter({ providers: [provider("a")] });
    router.on("request", () => {
      throw new Error("listener");
    });
    router.on("done", (() => Promise.reject(new Error("later"))) as () => void);
    const warnings: string[] = [];
    router.on("warning", ({ code }) => void warnings.push(code));
    expect((await router.chat(ask())).choices[0].message.content).toBe("ok");
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual(["listener_failed", "listener_failed"]);
  });

  test("once and off", async () => {
    const router = createRouter({ providers: [provider("a")] });
    let count = 0;
    const listener = () => {
      count += 1;
    };
    router.once("done", listener).on("done", listener);
    await router.chat(ask());
    expect(count).toBe(2);
    router.off("done", listener);
    await router.chat(ask());
    expect(count).toBe(2);
  });
});

describe("health", () => {
  test("each change is told once, also those that somebody has read, or made by hand", async () => {
    const clock = createVirtualClock();
    const script = Array.from({ length: 5 }, () => broken());
    const router = createRouter({ providers: [provider("a", { clock, script })], clock, retry: { attempts: 1 } });
    const changes: string[] = [];
    router.on("health", ({ from, to }) => void changes.push(`${from} ${to}`));
    for (let i = 0; i < 5; i += 1) await failureOf(router.chat(ask(`${i}`)));
    expect(changes.at(-1)?.endsWith("unhealthy")).toBe(true);
    await clock.advance(10_000);
    expect(router.health().candidates[0]?.status).toBe("recovering");
    expect(changes.at(-1)).toBe("unhealthy recovering");
    expect(router.health().candidates[0]?.status).toBe("recovering");
    await router.chat(ask("probe"));
    await router.chat(ask("probe again"));
    router.disable("a");
    expect(changes.at(-1)?.endsWith(" disabled")).toBe(true);
    router.enable("a");
    expect(changes.at(-1)?.startsWith("disabled ")).toBe(true);
    for (const [i, change] of changes.entries()) {
      if (i > 0) expect(change.split(" ")[0]).toBe(changes[i - 1]?.split(" ")[1]);
    }
  });

  test("says since when", async () => {
    const clock = createVirtualClock();
    const script = Array.from({ length: 5 }, () => broken());
    const router = createRouter({ providers: [provider("a", { clock, script })], clock, retry: { attempts: 1 } });
    await clock.advance(1_000);
    for (let i = 0; i < 5; i += 1) await failureOf(router.chat(ask(`${i}`)));
    const openedAtMs = clock.wallNow();
    await clock.advance(2_000);
    expect(router.health().candidates[0]).toMatchObject({ status: "unhealthy", sinceMs: openedAtMs });
  });
});

test("stats add up: attempts, requests, costs, whoever looks at them", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, script: [broken(), "one", "two"], otherwise: { error: broken("unsupported") } });
  const router = createRouter({ providers: [a, provider("b", { clock })], clock, strategy: "ordered", cache: {} });
  const told = listenTo(router, ["attempt", "done"]);
  for (let i = 0; i < 6; i += 1) await router.chat(ask(`${i % 4}`));
  await failureOf(router.chat(ask(), { deny: ["a", "b"] }));
  const stats = router.stats();
  const attempts = eventsOf(told, "attempt");
  const dones = eventsOf(told, "done");
  const sum = (costs: readonly (number | null)[]) => costs.reduce<number>((all, cost) => all + (cost ?? 0), 0);
  expect([stats.requests.requests, stats.requests.ok]).toEqual([7, 6]);
  expect(stats.attempts.attempts).toBe(attempts.length);
  expect(stats.requests.attempts).toBe(attempts.length);
  expect(sum(dones.map(({ costUsd }) => costUsd))).toBeCloseTo(sum(attempts.map(({ costUsd }) => costUsd)), 12);
  expect(stats.requests.costUsd).toBeCloseTo(stats.attempts.costUsd, 12);
  const perProvider = Object.values(stats.providers);
  expect(perProvider.reduce((all, each) => all + each.attempts, 0)).toBe(attempts.length);
  expect(Object.values(stats.models).reduce((all, each) => all + each.successes, 0)).toBe(stats.attempts.successes);
  expect(Object.values(stats.strategies).reduce((all, each) => all + each.requests, 0)).toBe(7);
  expect(Object.values(stats.kinds).reduce((all, each) => all + each.requests, 0)).toBe(7);
  expect(stats.requests.cache).toMatchObject({ miss: 4, hit: 2 });
  expect(JSON.parse(JSON.stringify(stats))).toMatchObject({ requests: { requests: 7 } });
});
