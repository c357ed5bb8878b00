import { type ChatChunk, type ChatReply, cached, createRouter, type StreamOnlyProvider } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, provider } from "./support.js";

const chunk = (more: Partial<ChatChunk>): ChatChunk => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [],
  ...more,
});

/** A stream with everything in it that is an object. */
function rich(): StreamOnlyProvider {
  return {
    id: "a",
    models: [testModel("m")],
    async *stream() {
      yield chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "hello" }, finish_reason: null }] });
      const provider_state = { issuer: "a", data: ["signature"] };
      yield chunk({ choices: [{ index: 0, delta: { provider_state }, finish_reason: "stop" }] });
      const usage = {
        prompt_tokens: 10,
        completion_tokens: 1,
        total_tokens: 11,
        prompt_tokens_details: { cached_tokens: 4 },
      };
      yield chunk({ usage });
    },
  };
}

/** Changes whatever can be changed. */
function spoil(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    spoil(inner);
    if (typeof inner !== "object") Reflect.set(value, name, "spoilt");
  }
}

const told = ({ choices, usage }: ChatReply) => JSON.stringify([choices, usage]);

describe("what a caller does to an answer stays with the caller", () => {
  test.each([
    ["the router's cache", () => createRouter({ providers: [rich()], cache: {} })],
    ["cached()", () => createRouter({ providers: [cached(rich())] })],
  ])("chunks, on the way into %s and out of it", async (_name, make) => {
    const request = { ...ask(), stream_options: { include_usage: true } };
    const plain = told(await make().chat(request));
    const router = make();
    for (let turn = 0; turn < 2; turn += 1) {
      const stream = router.stream(request);
      for await (const each of stream) spoil(each);
      expect(told(await stream.reply)).toBe(plain);
      expect(told(await router.chat(request))).toBe(plain);
    }
  });

  test("chunks that several read", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { pieces: [10, "one ", 10, "two ", 10, "three"] } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const read = async (spoils: boolean): Promise<string> => {
      let text = "";
      for await (const each of router.stream(ask())) {
        text += each.choices[0]?.delta.content ?? "";
        if (spoils) spoil(each);
      }
      return text;
    };
    const reads = [read(true), read(false), read(true), read(false)];
    await clock.advance(100);
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 4 }, () => "one two three"));
    expect(upstream.calls).toHaveLength(1);
  });

  test("replies that several wait for", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "hello", delayMs: 10 } });
    const router = createRouter({ providers: [upstream], clock, cache: {} });
    const work = Promise.all([router.chat(ask()), router.chat(ask()), router.stream(ask()).reply]);
    await clock.advance(10);
    const [first, ...others] = await work;
    const plain = told(first);
    spoil(first);
    for (const other of others) {
      expect(told(other)).toBe(plain);
      spoil(other);
    }
    expect(told(await router.chat(ask()))).toBe(plain);
    expect(upstream.calls).toHaveLength(1);
  });
});
