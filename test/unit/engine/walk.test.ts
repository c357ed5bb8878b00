import { createRouter, SignalboxError } from "signalbox";
import { createVirtualClock, scriptedProvider, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider } from "./support.js";

describe("context_length", () => {
  const sized = (id: string, contextWindow: number, otherwise: Parameters<typeof provider>[1] = {}) =>
    provider(id, { models: [testModel("m", { contextWindow })], ...otherwise });

  test("moves only to larger windows, and never back to a smaller one", async () => {
    const clock = createVirtualClock();
    const too = { otherwise: { error: broken("context_length") } };
    const first = sized("first", 8_000, { script: [broken("server")], ...too });
    const a = sized("a", 16_000, too);
    const same = sized("same", 16_000);
    const less = sized("less", 4_000);
    const more = sized("more", 32_000);
    const router = createRouter({ providers: [a, same, less, more], strategy: "ordered", clock });
    expect((await router.chat(ask())).route.attempts.map(({ provider }) => provider)).toEqual(["a", "more"]);
    expect([same.calls.length, less.calls.length]).toEqual([0, 0]);
    const noMore = createRouter({ providers: [first, a, same], strategy: "ordered", clock });
    const work = failureOf(noMore.chat(ask()));
    await clock.advance(60_000);
    const error = await work;
    // The one that failed for another reason has a smaller window yet: asking it again is no use.
    expect([error.kind, error.attempts.length, first.calls.length]).toEqual(["context_length", 2, 1]);
  });
});

describe("a file", () => {
  const content = [
    { type: "text" as const, text: "Sum this up." },
    { type: "file" as const, file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" } },
  ];
  const request = { messages: [{ role: "user" as const, content }] };
  const reader = (id: string, files: boolean) =>
    provider(id, { models: [testModel("m", { capabilities: { ...testModel("m").capabilities, files } })] });

  test("goes to who can read it; the others would leave it out without a word", async () => {
    const router = createRouter({ providers: [reader("blind", false), reader("able", true)], strategy: "ordered" });
    expect((await router.chat(request)).route.provider).toBe("able");
    expect(router.explain(request).excluded).toEqual([{ id: "blind/m", reason: "missing_files" }]);
    const alone = createRouter({ providers: [reader("blind", false)] });
    expect(await failureOf(alone.chat(request))).toMatchObject({ kind: "no_candidate" });
  });
});

describe("all candidates are open", () => {
  async function opened(ids: readonly string[]) {
    const clock = createVirtualClock();
    const upstreams = ids.map((id) => provider(id, { clock, otherwise: { error: broken() } }));
    const retry = { attempts: ids.length, baseMs: 1, capMs: 1, maxWaitMs: 0 };
    const router = createRouter({ providers: upstreams, clock, strategy: "ordered", retry });
    while (router.explain(ask()).excluded.length < ids.length) {
      await Promise.all([failureOf(router.chat(ask())), clock.advance(5)]);
    }
    const total = () => upstreams.reduce((sum, { calls }) => sum + calls.length, 0);
    return { clock, upstreams, router, total };
  }

  test("one request a second may try one of them; the rest are told when to come back", async () => {
    const { clock, router, total } = await opened(["a", "b"]);
    await clock.advance(1_000);
    const before = total();
    const errors = await Promise.all(Array.from({ length: 20 }, (_, i) => failureOf(router.chat(ask(`${i}`)))));
    expect(total() - before).toBe(1);
    const unavailable = errors.filter(({ kind }) => kind === "unavailable");
    expect(unavailable).toHaveLength(19);
    for (const { retryAfterMs, excluded, retryable } of unavailable) {
      expect(retryAfterMs).toBeGreaterThan(0);
      expect([excluded.map(({ reason }) => reason), retryable]).toEqual([["breaker_open", "breaker_open"], true]);
    }
    await clock.advance(1_000);
    await Promise.all(Array.from({ length: 5 }, (_, i) => failureOf(router.chat(ask(`${i}`)))));
    expect(total() - before).toBe(2);
  });

  test("never past a cool-down, a disable or a missing capability", async () => {
    const { clock, router, total } = await opened(["a", "b"]);
    await clock.advance(1_000);
    router.disable("a");
    router.disable("b");
    const before = total();
    expect((await failureOf(router.chat(ask()))).kind).toBe("unavailable");
    const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AA==" } };
    const plain = testModel("m", { capabilities: { tools: false, vision: false, thinking: "none", json: "none" } });
    const blind = scriptedProvider({ id: "blind", models: [plain], clock, otherwise: { error: broken() } });
    const other = createRouter({ providers: [blind], clock });
    expect((await failureOf(other.chat({ messages: [{ role: "user", content: [image] }] }))).kind).toBe("no_candidate");
    expect(total()).toBe(before);
  });

  test("the one that answers saves the request", async () => {
    const { clock, upstreams, router } = await opened(["a"]);
    await clock.advance(1_000);
    const [a] = upstreams;
    if (a) a.chat = provider("a", { otherwise: "back" }).chat;
    expect((await router.chat(ask())).choices[0].message.content).toBe("back");
  });
});

describe("retries of the same provider", () => {
  test("never earlier than a short hint; not at all for a long one, which the caller is told", async () => {
    const clock = createVirtualClock();
    const hinted = (retryAfterMs: number) => broken("rate_limit", { retryAfterMs });
    const soon = provider("a", { clock, script: [hinted(1_500)] });
    const router = createRouter({ providers: [soon], clock });
    const starts: number[] = [];
    router.on("attempt", ({ startedAtMs }) => void starts.push(startedAtMs));
    const work = router.chat(ask());
    await clock.advance(10_000);
    await work;
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeGreaterThanOrEqual(1_500);
    const later = provider("a", { clock, script: [hinted(5_000)] });
    const patient = createRouter({ providers: [later], clock, retry: { maxWaitMs: 4_000 } });
    const error = await failureOf(patient.chat(ask()));
    expect([error.kind, error.retryAfterMs, later.calls.length]).toEqual(["rate_limit", 5_000, 1]);
  });

  test("by default up to half a minute for a rate limit, within the deadline", async () => {
    const clock = createVirtualClock();
    const limited = (ms: number) => provider("a", { clock, script: [broken("rate_limit", { retryAfterMs: ms })] });
    const within = limited(25_000);
    const work = createRouter({ providers: [within], clock }).chat(ask());
    await clock.advance(40_000);
    expect([(await work).route.attempts.length, within.calls.length]).toEqual([2, 2]);
    for (const [ms, timeoutMs] of [
      [35_000, 600_000],
      [5_000, 4_000],
    ] as const) {
      const router = createRouter({ providers: [limited(ms)], clock });
      const error = await failureOf(router.chat(ask(), { timeoutMs }));
      expect([error.kind, error.retryAfterMs]).toEqual(["rate_limit", ms]);
    }
  });

  test("one rate limit among successes is its caller's: neighbours go on, until three in a row agree", async () => {
    const clock = createVirtualClock();
    const limited = { error: broken("rate_limit", { retryAfterMs: 1_000 }) };
    const upstream = provider("a", { clock, script: ["fine", limited, "fine", "fine", limited, limited, limited] });
    const router = createRouter({ providers: [upstream], clock, retry: { maxWaitMs: 0 } });
    const ends: (string | undefined)[] = [];
    for (let i = 0; i < 8; i += 1) {
      const work = router.chat(ask()).then(
        () => "ok",
        (error: SignalboxError) => error.kind,
      );
      await clock.advance(10);
      ends.push(await work);
    }
    const refused = "rate_limit";
    expect(ends).toEqual(["ok", refused, "ok", "ok", refused, refused, refused, "unavailable"]);
  });

  test("a hint counts whatever the vendor failed with: nobody else comes earlier either", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [broken("server", { status: 500, retryAfterMs: 30_000 })] });
    const router = createRouter({ providers: [upstream], clock, retry: { maxWaitMs: 0 } });
    expect((await failureOf(router.chat(ask()))).retryAfterMs).toBe(30_000);
    await clock.advance(10_000);
    const error = await failureOf(router.chat(ask()));
    expect([error.kind, error.retryAfterMs, upstream.calls.length]).toEqual(["unavailable", 20_000, 1]);
    expect(error.excluded).toEqual([{ id: "a/m", reason: "cool_down" }]);
    await clock.advance(20_000);
    expect((await router.chat(ask())).choices[0].message.content).toBe("ok");
  });

  test("go to who may be asked again, also where the last failure was final for its own provider", async () => {
    const clock = createVirtualClock();
    const a = provider("a", { clock, script: [broken("rate_limit", { retryAfterMs: 500 })], otherwise: "second time" });
    const b = provider("b", { clock, otherwise: { error: broken("auth") } });
    const router = createRouter({ providers: [a, b], clock, strategy: "ordered" });
    const told = listenTo(router, ["retry"]);
    const work = router.chat(ask());
    await clock.advance(10_000);
    expect((await work).choices[0].message.content).toBe("second time");
    expect(eventsOf(told, "retry").map(({ candidate, error }) => [candidate, error])).toEqual([["a/m", "rate_limit"]]);
  });

  test("a vendor's word that asking again is no use is taken", async () => {
    const only = provider("a", { otherwise: { error: broken("server", { retryable: false }) } });
    const error = await failureOf(createRouter({ providers: [only] }).chat(ask()));
    expect([error.kind, only.calls.length]).toEqual(["server", 1]);
  });

  test("a provider's outage spends its own retry budget, and no more", async () => {
    const clock = createVirtualClock();
    const only = provider("a", { clock, otherwise: { error: broken("empty_response") } });
    const router = createRouter({ providers: [only], clock, retry: { baseMs: 1, capMs: 1 } });
    for (let i = 0; i < 30; i += 1) {
      const work = failureOf(router.chat(ask(`${i}`)));
      await clock.advance(10);
      await work;
      router.reset();
    }
    // 30 first calls; 10 tokens at the start, 0.2 more for each first call and each second.
    expect(only.calls.length).toBeLessThanOrEqual(30 + 10 + 30 * 0.2);
    expect(only.calls.length).toBeGreaterThan(40);
  });
});

test("any thrown value ends typed, with the attempt inside", async () => {
  const clock = createVirtualClock();
  for (const thrown of [
    "text",
    42,
    null,
    undefined,
    { odd: true },
    new TypeError("bug"),
    Symbol("s"),
    new Proxy({}, {}),
  ]) {
    const odd = scriptedProvider({ id: "odd", models: [testModel("m")], clock });
    odd.chat = () => Promise.reject(thrown);
    const work = failureOf(createRouter({ providers: [odd], clock }).chat(ask()));
    await clock.advance(60_000);
    const error = await work;
    expect(SignalboxError.isInstance(error) && error.attempts.length > 0 && error.provider === "odd").toBe(true);
  }
});

test("a provider that throws at once, answers at once, or gives no promise is one all the same", async () => {
  const clock = createVirtualClock();
  const throws = scriptedProvider({ id: "throws", models: [testModel("m")], clock });
  throws.chat = () => {
    throw new Error("not even a promise");
  };
  const plain = scriptedProvider({ id: "plain", models: [testModel("m")] });
  const reply = await createRouter({ providers: [scriptedProvider({ id: "x", models: [testModel("m")] })] }).chat(
    ask(),
  );
  plain.chat = (() => reply) as never;
  const router = createRouter({ providers: [throws, plain], strategy: "ordered", clock });
  expect((await router.chat(ask())).route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["throws", "server"],
    ["plain", "success"],
  ]);
});

test("models are tried in their order; an alias stands for a list; a candidate counts once", async () => {
  const clock = createVirtualClock();
  const failing = { otherwise: { error: broken("unsupported") } };
  const a = provider("a", { clock, models: [testModel("big"), testModel("small")], ...failing });
  const b = provider("b", { clock, models: [testModel("big")], ...failing });
  const aliases = { fast: ["a/small", "b/big"], either: "big", "gpt-4o": "fast" };
  const router = createRouter({ providers: [a, b], clock, strategy: "ordered", aliases });
  const order = async (how: object) =>
    (await failureOf(router.chat({ ...ask(), ...how }))).attempts.map(({ provider, model }) => `${provider}/${model}`);
  expect(await order({ models: ["b/big", "a/big", "big"] })).toEqual(["b/big", "a/big"]);
  expect(await order({ model: "gpt-4o" })).toEqual(["a/small", "b/big"]);
  expect(await order({ model: "either" })).toEqual(["a/big", "b/big"]);
  expect(await order({ models: ["fast", "either"] })).toEqual(["a/small", "b/big", "a/big"]);
  expect(await order({ model: "a/auto" })).toEqual(["a/big", "a/small"]);
  const unknown = await failureOf(router.chat({ ...ask(), models: ["big", "nope"] }));
  expect([unknown.kind, unknown.path]).toEqual(["invalid_request", "models[1]"]);
});

test("a candidate's own id means it alone, whatever models of others are named", async () => {
  const reseller = provider("reseller", { models: [testModel("maker/big/2")] });
  const maker = provider("maker", { models: [testModel("big/2")] });
  const router = createRouter({ providers: [reseller, maker], strategy: "ordered" });
  const answeredBy = async (model: string) => (await router.chat({ ...ask(), model })).route.provider;
  expect(await answeredBy("maker/big/2")).toBe("maker");
  expect(await answeredBy("reseller/maker/big/2")).toBe("reseller");
  expect(await answeredBy("big/2")).toBe("maker");
});

describe("when the last one has failed, retryAfterMs says when somebody may be asked again", () => {
  const failing = async (...errors: SignalboxError[]) => {
    const clock = createVirtualClock();
    const providers = errors.map((error, at) => provider(`p${at}`, { clock, otherwise: { error } }));
    const router = createRouter({ providers, clock, strategy: "ordered", retry: { attempts: 2 }, random: () => 0.5 });
    const work = failureOf(router.chat(ask()));
    await clock.advance(60_000);
    return work;
  };

  test("the first to be back, not the last that was asked", async () => {
    const soon = broken("rate_limit", { retryAfterMs: 5_000 });
    const late = broken("rate_limit", { retryAfterMs: 3_600_000 });
    expect(await failing(soon, late)).toMatchObject({ kind: "rate_limit", provider: "p1", retryAfterMs: 5_000 });
    expect(await failing(late, soon)).toMatchObject({ kind: "rate_limit", provider: "p1", retryAfterMs: 5_000 });
  });

  test("also where no vendor named a time", async () => {
    const limited = broken("rate_limit");
    expect(await failing(limited, limited)).toMatchObject({ kind: "rate_limit", retryAfterMs: 4_500 });
  });

  test("not while somebody may be asked at once", async () => {
    expect((await failing(broken("server"), broken("rate_limit"))).retryAfterMs).toBeUndefined();
  });
});
