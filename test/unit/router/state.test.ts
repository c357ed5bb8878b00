import { createRouter } from "signalbox";
import { expect, test } from "vitest";
import { ask, double } from "./doubles.js";

test.each([["text"], [5], [[]], [{ v: 9 }], [{ learner: 1 }]])(
  "a state of %j is ignored with one warning, and no request fails",
  async (state) => {
    const router = createRouter({ providers: [double("a")], state });
    const codes: string[] = [];
    router.on("warning", ({ code }) => codes.push(code));
    expect((await router.chat(ask("x"))).route.provider).toBe("a");
    await router.chat(ask("y"));
    expect(codes).toEqual(["state_ignored"]);
  },
);

test("a state that it gave itself is taken without a word", async () => {
  const first = createRouter({ providers: [double("a")] });
  first.feedback(await first.chat(ask("x")), { score: 1 });
  const router = createRouter({ providers: [double("a")], state: JSON.parse(JSON.stringify(first.exportState())) });
  const codes: string[] = [];
  router.on("warning", ({ code }) => codes.push(code));
  await router.chat(ask("x"));
  expect(codes).toEqual([]);
});

test.each<unknown>([
  { v: 1, kind: "chat", difficulty: "hard" },
  { v: 1, kind: "chat", difficulty: 1e300 },
  { v: 1, kind: {}, difficulty: 0.5 },
  { v: 1, kind: "chat", difficulty: 0.5, features: "!" },
  "text",
])("feedback with a ticket spoilt on its way (%j) counts, and spoils nothing", (ticket) => {
  const router = createRouter({ providers: [double("a"), double("b")] });
  const route = JSON.parse(JSON.stringify({ requestId: "elsewhere", provider: "a", model: "m", ticket }));
  for (let times = 0; times < 30; times += 1) router.feedback(route, { score: 1 });
  const { candidates } = router.explain(ask("x"));
  expect(candidates[0]?.id).toBe("a/m");
  for (const { score } of candidates) expect(score).toBeTypeOf("number");
  const state = JSON.parse(JSON.stringify(router.exportState()));
  const after = createRouter({ providers: [double("a"), double("b")], state });
  expect(after.exportState()).toEqual(router.exportState());
});
