import { createReply, createRouter, openaiCompatible } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider } from "../engine/support.js";

const HOUR_MS = 3_600_000;
const once = { maxWaitMs: 0, attempts: 1 };

/** A router of one provider, after it has failed so often, in distinct requests. */
async function broke(error: ReturnType<typeof broken>, times: number) {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, script: Array.from({ length: times }, () => ({ error })), otherwise: "ok" });
  const make = (state?: unknown) => createRouter({ providers: [upstream], clock, retry: once, state });
  const router = make();
  const startedAtMs = clock.wallNow();
  for (let i = 0; i < times; i += 1) {
    await failureOf(router.chat(ask(`${i}`)));
    await clock.advance(10);
  }
  const verdicts = () => router.health().candidates[0]?.verdicts;
  return { clock, router, upstream, make, startedAtMs, verdicts };
}

describe("health() tells each verdict that stands", () => {
  test("none while all is well", async () => {
    const router = createRouter({ providers: [provider("a", { otherwise: "ok" })] });
    await router.chat(ask());
    expect(router.health().candidates[0]?.verdicts).toEqual([]);
  });

  test("a cool-down, with its end", async () => {
    const { verdicts, startedAtMs } = await broke(broken("rate_limit", { retryAfterMs: 5_000 }), 1);
    const evidence = { requests: 1, successes: 0, sinceMs: startedAtMs };
    expect(verdicts()).toEqual([
      { scope: "candidate", reason: "rate_limit", evidence, sinceMs: startedAtMs, untilMs: startedAtMs + 5_000 },
    ]);
  });

  test("an open breaker, by how many requests", async () => {
    const { verdicts, startedAtMs } = await broke(broken("server"), 5);
    const [verdict, ...others] = verdicts() ?? [];
    expect(others).toEqual([]);
    expect(verdict).toMatchObject({ scope: "candidate", reason: "5 failures in a row" });
    expect(verdict?.evidence).toEqual({ requests: 5, successes: 0, sinceMs: startedAtMs });
    expect(verdict?.untilMs).toBeGreaterThan(verdict?.sinceMs ?? 0);
  });

  test("a refused key, whose reach is the whole provider", async () => {
    const { verdicts } = await broke(broken("auth", { status: 401 }), 1);
    expect(verdicts()).toMatchObject([{ scope: "provider", reason: "auth", evidence: { requests: 1, successes: 0 } }]);
  });

  test("one key of a list, by its place", async () => {
    const fetch = async (_: unknown, init?: RequestInit) =>
      new Headers(init?.headers).get("authorization")?.endsWith("dead-key-0000")
        ? Response.json({ error: { message: "Invalid API key" } }, { status: 401 })
        : Response.json(createReply({ model: "m", text: "ok" }));
    const apiKey = ["dead-key-0000", "good-key-0000"];
    const models = [testModel("m")];
    const many = openaiCompatible({ id: "many", baseURL: "http://127.0.0.1:1/v1", apiKey, models, fetch });
    const router = createRouter({ providers: [many] });
    await router.chat(ask());
    const { status, verdicts = [] } = router.health().candidates[0] ?? {};
    expect([status, verdicts.length]).toEqual(["healthy", 1]);
    expect(verdicts[0]).toMatchObject({ scope: "key", reason: "apiKey[0]: auth", evidence: { requests: 1 } });
    expect(JSON.stringify(router.health())).not.toContain("dead-key");
  });

  test("a hand, until it lifts it", async () => {
    const { router, verdicts, clock } = await broke(broken("server"), 1);
    await clock.advance(1_000);
    router.disable("a");
    const nowMs = clock.wallNow();
    expect(verdicts()).toEqual([
      {
        scope: "candidate",
        reason: expect.any(String),
        evidence: { requests: 0, successes: 0, sinceMs: nowMs },
        sinceMs: nowMs,
        untilMs: null,
      },
    ]);
    router.enable("a");
    expect(verdicts()).toEqual([]);
  });
});

describe("exportState() carries verdicts", () => {
  test.each([
    ["a cool-down", broken("rate_limit", { retryAfterMs: 60_000 }), 1],
    ["a refused key", broken("auth", { status: 401 }), 1],
    ["a spent quota", broken("quota", { retryAfterMs: 600_000 }), 1],
  ] as const)("%s, less the time that has passed", async (_, error, times) => {
    const { clock, router, make, verdicts } = await broke(error, times);
    const before = verdicts()?.[0];
    const state = JSON.parse(JSON.stringify(router.exportState()));
    await clock.advance(10_000);
    const next = make(state);
    const [taken] = next.health().candidates[0]?.verdicts ?? [];
    expect([taken?.scope, taken?.reason]).toEqual([before?.scope, before?.reason]);
    expect(Math.abs((taken?.untilMs ?? 0) - (before?.untilMs ?? 0))).toBeLessThan(1);
    expect((await failureOf(next.chat(ask("next")))).attempts).toEqual([]);
  });

  test("a hand's as well; what is over is not taken up", async () => {
    const { clock, router, make } = await broke(broken("rate_limit", { retryAfterMs: 5_000 }), 1);
    const cooled = router.exportState();
    router.disable("a");
    const disabled = router.exportState();
    await clock.advance(6_000);
    expect(make(cooled).health().candidates[0]?.verdicts).toEqual([]);
    expect(make(disabled).health().candidates[0]).toMatchObject({ status: "disabled", verdicts: [{ untilMs: null }] });
  });

  test("for no longer than live, and rubbish is told and ignored", async () => {
    const { clock, make } = await broke(broken("server"), 1);
    const atMs = clock.wallNow();
    const forMs = 1e12;
    const long = { scope: "candidate", by: "cool_down", reason: "rate_limit", forMs };
    const taken = make({ version: 1, verdicts: { atMs, of: { "a/m": [long] } } });
    expect(taken.health().candidates[0]?.verdicts[0]?.untilMs).toBeLessThanOrEqual(atMs + HOUR_MS);
    for (const verdicts of [1, {}, { atMs, of: { "a/m": 1 } }, { atMs, of: { "a/m": [{ ...long, by: "x" }, null] } }]) {
      const router = make({ version: 1, verdicts });
      const told = listenTo(router, ["warning"]);
      await clock.advance(1);
      expect(eventsOf(told, "warning").map(({ code }) => code)).toContain("state_ignored");
      expect(router.health().candidates[0]?.verdicts).toEqual([]);
    }
  });
});
