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
