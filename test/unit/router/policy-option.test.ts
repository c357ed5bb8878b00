import fc from "fast-check";
import { createRouter, openaiCompatible, type RouterOptions, SignalboxError, simulated } from "signalbox";
import { createRouter as createLean, ordered } from "signalbox/lean";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { createPolicies, type PolicyOverrides } from "../../../src/errors/policies.js";
import { POLICIES, type PolicyKey, policyOf } from "../../../src/errors/policy.js";
import { chunk, json, sse, startLoopback, whole } from "../vendors/loopback.js";
import { ask, double, failing, model } from "./doubles.js";

const vendor = await startLoopback();

const errorOf = async (work: Promise<unknown>): Promise<SignalboxError> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!SignalboxError.isInstance(thrown)) throw new Error("it did not fail");
  return thrown;
};
const routerOf = (policy: RouterOptions["policy"], fail: () => Error, more: Partial<RouterOptions> = {}) => {
  const first = double("a", { fail });
  const router = createRouter({ providers: [first, double("b")], strategy: "ordered", policy, ...more });
  return { router, first };
};

describe("what a router may see differently", () => {
  test("a content filter moves on by opt-in alone, whole and streamed, and nobody is blamed", async () => {
    const filter = (): Error => failing("content_filter");
    expect((await errorOf(routerOf(undefined, filter).router.chat(ask("x")))).kind).toBe("content_filter");
    const { router } = routerOf({ content_filter: { nextCandidate: true } }, filter);
    expect((await router.chat(ask("x"))).route.provider).toBe("b");
    expect((await router.stream(ask("y")).reply).route.provider).toBe("b");
    expect(router.explain(ask("z")).excluded).toEqual([]);
  });

  test("a rate limit cools down for as long as the row says, and others as the table does", async () => {
    const clock = createVirtualClock();
    const { router } = routerOf({ rate_limit: { coolDownMs: 200 } }, () => failing("rate_limit"), { clock });
    await router.chat(ask("x"));
    expect(router.explain(ask("x")).excluded).toEqual([{ id: "a/m", reason: "cool_down" }]);
    await clock.advance(401);
    expect(router.explain(ask("x")).excluded).toEqual([]);
    const usual = routerOf({ overloaded: { coolDownMs: 200 } }, () => failing("rate_limit"), { clock }).router;
    await usual.chat(ask("x"));
    await clock.advance(401);
    expect(usual.explain(ask("x")).excluded).toEqual([{ id: "a/m", reason: "cool_down" }]);
  });

  test("a refused key may leave its candidate alone", async () => {
    const { router, first } = routerOf({ auth: { breaker: "ignore" } }, () => failing("auth"));
    for (let call = 0; call < 5; call += 1) await router.chat(ask(`${call}`));
    expect(first.calls).toBe(5);
    expect(router.health().candidates[0]?.status).not.toBe("disabled");
  });

  test("the same provider may be asked again; the failure is retryable then", async () => {
    const { router, first } = routerOf({ invalid_request: { sameProvider: true } }, () => failing("invalid_request"), {
      retry: { attempts: 3, baseMs: 1 },
    });
    const error = await errorOf(router.chat(ask("x")));
    expect({ calls: first.calls, retryable: error.retryable }).toEqual({ calls: 3, retryable: true });
  });

  test("`retryable` is what the error says, also of a refusal of the router itself", async () => {
    const policy = { server: { retryable: false }, unavailable: { retryable: false } };
    const { router } = routerOf(policy, () => failing("server"), { fallback: false, retry: { attempts: 1 } });
    expect((await errorOf(router.chat(ask("x")))).retryable).toBe(false);
    router.disable("a");
    router.disable("b");
    expect(await errorOf(router.chat(ask("x")))).toMatchObject({ kind: "unavailable", retryable: false });
  });

  test("signalbox/lean takes it, too", async () => {
    const providers = [double("a", { fail: () => failing("content_filter") }), double("b")];
    const policy = { content_filter: { nextCandidate: true } };
    const router = createLean({ providers, strategy: ordered(), policy });
    expect((await router.chat(ask("x"))).route.provider).toBe("b");
    const wrong = { providers, strategy: ordered(), policy: { nonsense: {} } as never };
    expect(() => createLean(wrong)).toThrow(/^policy\.nonsense is no row/);
  });
});

test("a row stands for itself: whatever is changed, every other row is the table's", () => {
  const rows = Object.keys(POLICIES) as PolicyKey[];
  const change = fc.record(
    { nextCandidate: fc.boolean(), sameProvider: fc.boolean(), coolDownMs: fc.nat(10_000) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...rows), change, { maxKeys: 5 }), (overrides: PolicyOverrides) => {
      const { of } = createPolicies(overrides);
      for (const row of rows) {
        const [kind, detail] = row.split("/") as [SignalboxError["kind"], string | undefined];
        expect(of(kind, detail)).toEqual({ ...policyOf(kind, detail), ...overrides[row] });
      }
    }),
    { numRuns: 200 },
  );
});

describe("router.update", () => {
  test("changes the policy; calls under way end as they began", async () => {
    const clock = createVirtualClock();
    const slow = simulated({ id: "a", delayMs: 1_000, failures: () => "content_filter", clock });
    const router = createRouter({ providers: [slow, double("b")], strategy: "ordered", clock });
    const before = errorOf(router.chat(ask("x")));
    await clock.advance(100);
    router.update({ policy: { content_filter: { nextCandidate: true } } });
    await clock.advance(1_000);
    expect((await before).kind).toBe("content_filter");
    const after = router.chat(ask("y"));
    await clock.advance(2_000);
    expect((await after).route.provider).toBe("b");
  });

  test("a wrong one changes nothing", async () => {
    const { router } = routerOf({ content_filter: { nextCandidate: true } }, () => failing("content_filter"));
    const wrong = { policy: { content_filter: { nextCandidate: "yes" } } } as never;
    expect(() => router.update(wrong)).toThrow(/^policy\.content_filter\.nextCandidate must be true or false/);
    expect((await router.chat(ask("x"))).route.provider).toBe("b");
  });
});

test.each<[unknown, string]>([
  [[], "policy"],
  ["content_filter", "policy"],
  [null, "policy"],
  [{ contentFilter: {} }, "policy.contentFilter"],
  [{ "timeout/heads": {} }, "policy.timeout/heads"],
  [{ constructor: {} }, "policy.constructor"],
  [{ rate_limit: 5 }, "policy.rate_limit"],
  [{ rate_limit: { cooldownMs: 5 } }, "policy.rate_limit.cooldownMs"],
  [{ rate_limit: { coolDownMs: -1 } }, "policy.rate_limit.coolDownMs"],
  [{ rate_limit: { coolDownMs: "1s" } }, "policy.rate_limit.coolDownMs"],
  [{ rate_limit: { coolDownMs: Number.NaN } }, "policy.rate_limit.coolDownMs"],
  [{ auth: { breaker: "open" } }, "policy.auth.breaker"],
  [{ auth: { scope: "all" } }, "policy.auth.scope"],
  [{ auth: { retryable: 1 } }, "policy.auth.retryable"],
])("%j is refused", (policy, path) => {
  expect(() => createRouter({ providers: [double("a")], policy: policy as never })).toThrow(
    expect.objectContaining({ kind: "invalid_options", path }),
  );
});

describe("the categories of a content filter stay readable", () => {
  const results = {
    hate: { filtered: false, severity: "safe" },
    violence: { filtered: true, severity: "medium" },
    jailbreak: { filtered: true, detected: true },
    "<script>": { filtered: true },
  };
  const filtered = [{ category: "violence", severity: "medium" }, { category: "jailbreak" }];
  const router = createRouter({
    providers: [openaiCompatible({ id: "azure", baseURL: `${vendor.url}/v1`, models: [model()] })],
  });

  test("of a refused prompt", async () => {
    const innererror = { code: "ResponsibleAIPolicyViolation", content_filter_result: results };
    vendor.answer(json({ error: { message: "filtered", code: "content_filter", status: 400, innererror } }, 400));
    const error = await errorOf(router.chat(ask("x")));
    expect(error).toMatchObject({ kind: "content_filter", filtered });
    expect(error.message).toMatch(/: violence \(medium\), jailbreak$/);
    expect(error.attempts[0]?.message).toBe(error.message);
  });

  test("of a withheld answer, whole and streamed", async () => {
    const beside = { content_filter_results: results };
    const empty = whole({ role: "assistant", content: "" }, { finish_reason: "content_filter" });
    const [choice] = empty.choices as [object];
    vendor.answer(json({ ...empty, choices: [{ ...choice, ...beside }] }));
    expect(await errorOf(router.chat(ask("x")))).toMatchObject({ kind: "content_filter", filtered });
    const last = chunk({}, { finish_reason: "content_filter" }) as { choices: [object] };
    vendor.answer(sse([{ ...last, choices: [{ ...last.choices[0], ...beside }] }]));
    expect(await errorOf(router.stream(ask("y")).reply)).toMatchObject({ kind: "content_filter", filtered });
  });

  test("no other failure has any", async () => {
    vendor.answer(json({ error: { message: "busy", innererror: { content_filter_result: results } } }, 503));
    expect(await errorOf(router.chat(ask("z")))).not.toHaveProperty("filtered");
  });
});
