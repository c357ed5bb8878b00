import { expect, it } from "vitest";
import {
  createRouter,
  type ModelInfo,
  type RouterOptions,
  SignalboxError,
  simulated,
  weighted,
} from "../../../src/index.js";

const ask = (content = "x") => ({ messages: [{ role: "user" as const, content }] });
const three = () => ["a", "b", "c"].map((id) => simulated({ id, usdPerMTok: { input: 1, output: 1 } }));
const refusalOf = (make: () => unknown): SignalboxError => {
  try {
    make();
  } catch (error) {
    if (SignalboxError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

it("asks a later tier only if nobody of an earlier one answers; route names who did", async () => {
  const a = simulated({ id: "a", failures: () => "server" });
  const router = createRouter({
    providers: [simulated({ id: "c" }), simulated({ id: "b" }), a],
    tiers: [["a"], ["b/b-1"]],
    strategy: "round-robin",
  });
  const { route } = await router.chat(ask());
  expect(route.attempts.map(({ provider }) => provider)).toEqual(["a", "b"]);
  expect(route).toMatchObject({ provider: "b", model: "b-1" });
  expect((await router.chat(ask("y"), { deny: ["a", "b"] })).route.provider).toBe("c");
});

it("the strategy decides within a tier", async () => {
  const router = createRouter({ providers: three(), tiers: [["c", "b"]], strategy: "round-robin" });
  const asked = [];
  for (let call = 0; call < 4; call += 1) asked.push((await router.chat(ask(`${call}`))).route.provider);
  expect(asked).toEqual(["b", "c", "b", "c"]);
});

it("splits aliases and lists of models, too", async () => {
  const router = createRouter({
    providers: three(),
    tiers: [["b"]],
    aliases: { any: ["a/a-1", "b/b-1"] },
    strategy: "ordered",
  });
  expect((await router.chat({ ...ask(), model: "any" })).route.provider).toBe("b");
  expect((await router.chat({ ...ask("y"), models: ["c/c-1", "any"] })).route.provider).toBe("c");
});

it("a tier that names nobody is refused by path", () => {
  const bad: RouterOptions = { providers: three(), tiers: [["a"], ["b", "nobody"]] };
  expect(refusalOf(() => createRouter(bad))).toMatchObject({ kind: "invalid_options", path: "tiers[1][1]" });
});

it("requireTags leaves out whoever lacks one, as missing_tags; a model's tags add to its provider's", async () => {
  const [plain] = simulated({ id: "eu" }).models as [ModelInfo];
  const models = [
    { ...plain, id: "plain" },
    { ...plain, id: "kept", tags: ["no-training"] },
  ];
  const router = createRouter({
    providers: [simulated({ id: "us" }), simulated({ id: "eu", tags: ["eu"], models })],
    strategy: "ordered",
  });
  const { route } = await router.chat(ask(), { requireTags: ["eu", "no-training"] });
  expect(`${route.provider}/${route.model}`).toBe("eu/kept");
  expect(router.explain(ask(), { requireTags: ["eu"] }).excluded).toEqual([{ id: "us/us-1", reason: "missing_tags" }]);
  const error = await router.chat(ask(), { requireTags: ["moon"] }).catch((thrown) => thrown);
  expect(error).toMatchObject({ kind: "no_candidate" });
});

it("an answer under one set of tags is not shared with a call under another", async () => {
  const router = createRouter({
    providers: [simulated({ id: "us" }), simulated({ id: "eu", tags: ["eu"] })],
    cache: {},
    strategy: "ordered",
  });
  const [free, bound] = await Promise.all([router.chat(ask()), router.chat(ask(), { requireTags: ["eu"] })]);
  expect([free.route.provider, bound.route.provider]).toEqual(["us", "eu"]);
  expect((await router.chat(ask("z"))).route.provider).toBe("us");
  expect((await router.chat(ask("z"), { requireTags: ["eu"] })).route).toMatchObject({
    provider: "eu",
    cache: { status: "miss" },
  });
});

it("names that nobody has are refused: in allow, deny and weights", async () => {
  const router = createRouter({ providers: three() });
  for (const [options, path] of [
    [{ allow: ["a", "aa"] }, "options.allow[1]"],
    [{ deny: ["b/typo"] }, "options.deny[0]"],
  ] as const) {
    expect(await router.chat(ask(), options).catch((thrown) => thrown)).toMatchObject({
      kind: "invalid_options",
      path,
    });
    expect(refusalOf(() => router.with(options))).toMatchObject({ path });
  }
  expect(refusalOf(() => createRouter({ providers: three(), strategy: weighted({ d: 2 }) }))).toMatchObject({
    kind: "invalid_options",
    path: "strategy.d",
  });
});

it("a locked view can be narrowed and not widened", async () => {
  const router = createRouter({ providers: three(), strategy: "ordered" });
  const view = router.with({ tenant: "acme", allow: ["b", "c"], deny: ["c"], strategy: "ordered" }, { locked: true });
  expect((await view.chat(ask(), { allow: ["a", "b/b-1"] })).route.provider).toBe("b");
  expect((await view.chat(ask("1"), { deny: ["a"] })).route.provider).toBe("b");
  const none = await view.chat(ask("2"), { allow: ["a"] }).catch((thrown) => thrown);
  expect(none).toMatchObject({ kind: "no_candidate" });
  const other = await view.chat(ask("3"), { tenant: "evil" }).catch((thrown) => thrown);
  expect(other).toMatchObject({ kind: "invalid_request", path: "tenant" });
  expect(refusalOf(() => view.with({ tenant: "evil" }))).toMatchObject({ kind: "invalid_request", path: "tenant" });
  expect(
    await view
      .with({ allow: ["a"] })
      .chat(ask("4"))
      .catch(({ kind }) => kind),
  ).toBe("no_candidate");
  expect((await view.with({ metadata: { k: "v" } }).chat(ask("5"))).route.provider).toBe("b");
});

it("a locked view takes the smaller of two cost and time limits", async () => {
  const router = createRouter({ providers: [simulated({ id: "slow", delayMs: 200 })] });
  const view = router.with({ timeoutMs: 20 }, { locked: true });
  expect(await view.chat(ask(), { timeoutMs: 10_000 }).catch(({ kind }) => kind)).toBe("timeout");
  expect(refusalOf(() => router.with({}, { lockd: true } as never))).toMatchObject({ path: "how.lockd" });
});
