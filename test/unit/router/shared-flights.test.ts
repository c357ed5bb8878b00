import { getEventListeners } from "node:events";
import { type ChatChunk, createRouter, type Provider, type StreamOnlyProvider } from "signalbox";
import { describe, expect, it } from "vitest";
import { ask, double, model } from "./doubles.js";

const chunk = (content: string, finish: "stop" | null = null): ChatChunk => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: finish }],
});

/** Streams three words, the last of them when told. */
const streaming = (last: Promise<void> = Promise.resolve()): StreamOnlyProvider & { calls: number } => {
  const provider = {
    id: "slow",
    models: [model()],
    calls: 0,
    async *stream() {
      provider.calls += 1;
      yield chunk("one");
      yield chunk(" two");
      await last;
      yield chunk(" three", "stop");
    },
  };
  return provider;
};

describe("a chat that joined a stream", () => {
  it("gets its answer though the stream's reader pauses", async () => {
    const provider = streaming();
    const router = createRouter({ providers: [provider], cache: { maxBytes: 100_000 } });
    const reader = router.stream(ask("same"))[Symbol.asyncIterator]();
    await reader.next();
    const reply = await router.chat(ask("same"));
    expect(reply.choices[0].message.content).toBe("one two three");
    expect(reply.route.cache.status).toBe("joined");
    let rest = "";
    for (let step = await reader.next(); !step.done; step = await reader.next()) {
      rest += step.value.choices[0]?.delta.content ?? "";
    }
    expect(rest).toBe(" two three");
    expect(provider.calls).toBe(1);
  });

  it("gets its answer though the stream's reader leaves", async () => {
    let finish = (): void => {};
    const provider = streaming(
      new Promise((resolve) => {
        finish = resolve;
      }),
    );
    const router = createRouter({ providers: [provider], cache: { maxBytes: 100_000 } });
    const stream = router.stream(ask("same"));
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    const asked = router.chat(ask("same"));
    await new Promise(setImmediate);
    await reader.return?.();
    finish();
    expect((await asked).choices[0].message.content).toBe("one two three");
    await expect(stream.reply).rejects.toMatchObject({ kind: "cancelled" });
    expect(provider.calls).toBe(1);
  });
});

describe("one signal for many calls", () => {
  it("gets one listener, which goes with the last call", async () => {
    const router = createRouter({ providers: [double("a")] });
    const { signal } = new AbortController();
    const asked = Array.from({ length: 50 }, (_, index) => router.chat(ask(`${index}`), { signal }));
    expect(getEventListeners(signal, "abort").length).toBeLessThanOrEqual(1);
    await Promise.all(asked);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await router.chat(ask("again"), { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends them all when it aborts", async () => {
    const silent: Provider = { id: "silent", models: [model()], chat: () => new Promise(() => {}) };
    const router = createRouter({ providers: [silent] });
    const controller = new AbortController();
    const asked = Array.from({ length: 20 }, (_, index) => router.chat(ask(`${index}`), { signal: controller.signal }));
    await Promise.resolve();
    controller.abort(new Error("shutdown"));
    const ends = await Promise.allSettled(asked);
    for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: { kind: "cancelled" } });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});
