import { type CallOptions, type ChatReply, createReply, createRouter } from "signalbox";
import { expect, test } from "vitest";
import { ask, double, failing, model, USAGE } from "./doubles.js";

/** Expected quality of a candidate's next answer after thirty like `over`, with no feedback at all. */
async function after(over: object, request: object = {}, options: CallOptions = {}): Promise<string> {
  const provider = double("a", { models: [model({ contextWindow: 100_000 })] });
  provider.chat = async (): Promise<ChatReply> =>
    createReply({ text: "hello", model: "m", usage: USAGE, ...over } as Parameters<typeof createReply>[0]);
  const router = createRouter({ providers: [provider], retry: { maxWaitMs: 0 } });
  for (let n = 0; n < 30; n += 1) await router.chat({ ...ask(`q${n}`), ...request }, options).catch(() => {});
  router.reset();
  return router.explain(ask("q")).candidates[0]?.reasons[0] ?? "";
}

const quality = (words: string): number => Number(/quality ([\d.]+) %/.exec(words)?.[1]);

test.each([
  ["cut short", { finishReason: "length" }],
  ["filtered", { finishReason: "content_filter" }],
  ["empty", { text: "" }],
])("answers that are %s speak against a candidate without any feedback", async (_, over) => {
  expect(quality(await after(over))).toBeLessThan(0.8 * quality(await after({})));
});

test("a refusal does, too", async () => {
  const reply = createReply({ text: "No.", model: "m", usage: USAGE });
  const message = { ...reply.choices[0].message, refusal: "I cannot" };
  const refused = { ...reply, choices: [{ ...reply.choices[0], message }] as ChatReply["choices"] };
  const provider = double("a");
  const router = createRouter({ providers: [{ ...provider, chat: async () => refused }] });
  for (let n = 0; n < 30; n += 1) await router.chat(ask(`q${n}`));
  expect(quality(router.explain(ask("q")).candidates[0]?.reasons[0] ?? "")).toBeLessThan(50);
});

test("an answer that ends where the caller said does not, nor does a failure on the way", async () => {
  const good = quality(await after({}));
  expect(quality(await after({ finishReason: "length" }, { max_tokens: 20 }))).toBe(good);
  const router = createRouter({ providers: [double("a", { fail: () => failing("network") })] });
  await router.chat(ask("x"), { fallback: false }).catch(() => {});
  expect(router.exportState()).toMatchObject({ learner: { arms: [] } });
});
