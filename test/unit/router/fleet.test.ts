import { createReply, createRouter, defineStrategy, type Provider, type RouterOptions } from "signalbox";
import { expect, it } from "vitest";
import type {
  SharedCounts,
  SharedRefusal,
  SharedState,
  SharedStateMember,
  SharedStateSession,
} from "../../../src/contract/shared-state.js";
import { noCounts } from "../../../src/metrics/candidate-metrics.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { ask, double, failing, model } from "./doubles.js";

interface FleetDouble extends SharedState {
  readonly member: SharedStateMember;
  readonly underWay: Map<string, number>;
  readonly elsewhere: Map<string, number>;
  refusal: SharedRefusal | undefined;
}

/** A fleet of one router, whose other processes are the test. */
function fleetDouble(): FleetDouble {
  let joined: SharedStateMember | undefined;
  const [underWay, elsewhere] = [new Map<string, number>(), new Map<string, number>()];
  const session: SharedStateSession = {
    publish: () => {},
    mayProbe: () => true,
    calling: (id, change) => void underWay.set(id, (underWay.get(id) ?? 0) + change),
    callingElsewhere: (id) => elsewhere.get(id) ?? 0,
    take: () => fleet.refusal ?? { settle: () => {}, release: () => {} },
    close: async () => {},
  };
  const fleet = {
    underWay,
    elsewhere,
    refusal: undefined as SharedRefusal | undefined,
    join(member: SharedStateMember) {
      joined = member;
      return session;
    },
    get member() {
      return joined as SharedStateMember;
    },
  };
  return fleet;
}

const NOTHING = noCounts();

function setUp(more: Partial<RouterOptions> = {}) {
  const fleet = fleetDouble();
  const seen = new Map<string, { headroom: number; inFlight: number; successRate: number; ttftMs: number }>();
  const looking = defineStrategy({
    name: "looking",
    score: ({ id, headroom, inFlight, successRate, ttftMs }) => {
      seen.set(id, { headroom, inFlight, successRate, ttftMs });
      return 0;
    },
  });
  const clock = createVirtualClock();
  const providers = [double("a", { models: [model(), model({ id: "n" })] }), double("b")];
  const router = createRouter({ providers, strategy: looking, shared: fleet, clock, ...more });
  const look = (id: string) => {
    router.explain(ask("Hello?"));
    return seen.get(id) as NonNullable<ReturnType<typeof seen.get>>;
  };
  const hear = (id: string, counts: Partial<SharedCounts>): void => fleet.member.heard(id, { ...NOTHING, ...counts });
  return { fleet, router, look, hear };
}

it("what other processes took of a known limit is gone here too, and told by nobody twice", async () => {
  const { fleet, router, look, hear } = setUp({ limits: { a: { rpm: 100, tpm: 10_000 } } });
  hear("a/m", { requests: 40 });
  expect(look("a/m").headroom).toBeCloseTo(0.6);
  hear("a/n", { tokens: 7_500 });
  expect(look("a/m").headroom).toBeCloseTo(0.25);
  expect(look("b/m").headroom).toBe(1);
  await router.chat({ ...ask("Hello there, how are you?"), model: "a/n" });
  // One limiter for both models of "a": the first of them tells, once.
  const told = fleet.member.counted("a/m");
  expect(told.requests).toBe(1);
  expect(told.tokens).toBeGreaterThan(5);
  expect(fleet.member.counted("a/n")).toMatchObject({ requests: 0, tokens: 0, successes: 1 });
  expect(fleet.member.counted("a/m").requests).toBe(0);
});

it("what calls came to elsewhere counts like what they came to here", async () => {
  const { fleet, router, look, hear } = setUp();
  const before = look("a/m");
  hear("a/m", { successes: 5, failures: 45, firstTokens: 5, firstTokenMs: 15_000 });
  expect(before.successRate).toBeGreaterThan(0.9);
  expect(look("a/m").successRate).toBeLessThan(0.2);
  expect(look("a/m").ttftMs).toBeGreaterThan(2_000);
  expect(router.health().candidates.find(({ id }) => id === "a/m")?.status).not.toBe("unknown");
  await router.chat({ ...ask("Hello?"), model: "b/m" });
  expect(fleet.member.counted("b/m")).toMatchObject({ successes: 1, failures: 0, outputTokens: 20, priced: 1 });
  expect(fleet.member.counted("a/m")).toEqual(NOTHING);
});

it("a caller's mistake is told as nothing, a failure as one", async () => {
  const broken = double("c", { fail: (call) => failing(call === 1 ? "invalid_request" : "server") });
  const { fleet, router } = setUp({ providers: [broken], retry: { attempts: 1 } });
  await expect(router.chat(ask("Hello?"))).rejects.toMatchObject({ kind: "invalid_request" });
  expect(fleet.member.counted("c/m")).toEqual(NOTHING);
  await expect(router.chat(ask("Hello?"))).rejects.toMatchObject({ kind: "server" });
  expect(fleet.member.counted("c/m")).toMatchObject({ successes: 0, failures: 1 });
});

it("calls under way elsewhere are load here, and calls here are told", async () => {
  let answer = (): void => {};
  const slow: Provider = {
    id: "slow",
    models: [model()],
    async chat() {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return createReply({ text: "Hello.", model: "m" });
    },
  };
  const { fleet, router, look } = setUp({ providers: [double("a"), slow] });
  fleet.elsewhere.set("a/m", 12);
  expect(look("a/m").inFlight).toBe(12);
  const call = router.chat({ ...ask("Hello?"), model: "slow/m" });
  await expect.poll(() => fleet.underWay.get("slow/m")).toBe(1);
  answer();
  await call;
  expect(fleet.underWay.get("slow/m")).toBe(0);
});

it("load-balanced goes where the whole fleet leaves room", async () => {
  const fleet = fleetDouble();
  const [a, b] = [double("a"), double("b")];
  const router = createRouter({ providers: [a, b], strategy: "load-balanced", shared: fleet });
  fleet.elsewhere.set("a/m", 200);
  for (let i = 0; i < 20; i++) await router.chat(ask(`Hello ${i}?`));
  expect(b.calls).toBeGreaterThan(17);
});

it("a budget that is spent and one that cannot be asked are told apart", async () => {
  const budgets = [{ per: "tenant" as const, maxUsd: 5, windowMs: 60_000, onExceeded: "reject" as const }];
  const { fleet, router } = setUp({ budgets });
  const refusedAs = async (refused: SharedRefusal["refused"]) => {
    fleet.refusal = { refused, retryAfterMs: 1_000 };
    return router.chat(ask("Hello?"), { tenant: "acme" }).catch((error) => error);
  };
  const same = { kind: "budget_exceeded", detail: "tenant", retryAfterMs: 1_000 };
  const spent = await refusedAs("exceeded");
  expect(spent).toMatchObject(same);
  expect(spent.message).toMatch(/tenant "acme" \(5 USD\) has no room/);
  const alone = await refusedAs("unavailable");
  expect(alone).toMatchObject(same);
  expect(alone.message).toMatch(/the shared state does not answer/);
  expect(alone.message).not.toMatch(/no room/);
});
