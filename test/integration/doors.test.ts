import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { createRouter, openaiCompatible, type Provider } from "signalbox";
import { fromLanguageModel, languageModel } from "signalbox/ai-sdk";
import { createFetch } from "signalbox/openai";
import { describe, expect, it, vi } from "vitest";
import { SignalboxError } from "../../src/errors/signalbox-error.js";
import { aborted, deltaChunk, modelInfo, says, scripted } from "../unit/integrations/support.js";

const messages = [{ role: "user" as const, content: "Hello" }];
const down = (id: string): Provider => scripted(() => new SignalboxError("server", "down"), { id });
const up = (id: string) => scripted(() => says(`I am ${id}`), { id });

describe("signalbox/openai over a router", () => {
  const clientFor = (router: ReturnType<typeof createRouter>): OpenAI =>
    new OpenAI({ apiKey: "unused", fetch: createFetch(router) });

  it("falls over, and says who answered", async () => {
    const router = createRouter({ providers: [down("a"), up("b")], strategy: "ordered" });
    const { data, response } = await clientFor(router)
      .chat.completions.create({ model: "auto", messages })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("I am b");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-signalbox-provider": "b",
      "x-signalbox-model": "m1",
      "x-signalbox-cache": "bypass",
    });
    expect(Number(response.headers.get("x-signalbox-cost-usd"))).toBeGreaterThan(0);
    expect(data).not.toHaveProperty("route");
    await router.close();
  });

  it("streams over a failure before the first content, and tells who serves", async () => {
    const router = createRouter({ providers: [down("a"), up("b")], strategy: "ordered" });
    const { data: stream, response } = await clientFor(router)
      .chat.completions.create({ model: "auto", messages, stream: true })
      .withResponse();
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("I am b");
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("x-signalbox-model")).toBe("m1");
    await router.close();
  });

  it("one upstream call where all fail for good, none of the SDK's own retries", async () => {
    const broke = scripted(() => new SignalboxError("quota", "no money"), { id: "a" });
    const router = createRouter({ providers: [broke] });
    const failed = clientFor(router).chat.completions.create({ model: "auto", messages });
    await expect(failed).rejects.toMatchObject({ status: 429, code: "insufficient_quota" });
    expect(broke.seen.requests.length).toBe(1);
    await router.close();
  });

  it("an unknown model is a 404, an impossible need a 400", async () => {
    const router = createRouter({ providers: [up("a")] });
    const { completions } = clientFor(router).chat;
    await expect(completions.create({ model: "nobody", messages })).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
    const audio = [{ type: "input_audio" as const, input_audio: { data: "AQ==", format: "wav" as const } }];
    const failed = completions.create({ model: "auto", messages: [{ role: "user", content: audio }] });
    await expect(failed).rejects.toMatchObject({ status: 400, code: "no_candidate" });
    const long = completions.create({ model: "auto", messages: [{ role: "user", content: "x".repeat(9_000_000) }] });
    await expect(long).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
    await router.close();
  });

  it("an early break and an abort reach the provider", async () => {
    const endless = scripted((_request, _call, { signal }) => aborted(signal), {
      id: "a",
      chunks: () => Array.from({ length: 10_000 }, () => deltaChunk({ content: "x" })),
    });
    const router = createRouter({ providers: [endless] });
    const client = clientFor(router);
    const stream = await client.chat.completions.create({ model: "auto", messages, stream: true });
    for await (const _chunk of stream) break;
    await vi.waitFor(() => expect(endless.seen.contexts[0]?.signal.aborted).toBe(true));
    const controller = new AbortController();
    const asked = client.chat.completions.create({ model: "auto", messages }, { signal: controller.signal });
    await vi.waitFor(() => expect(endless.seen.contexts.length).toBe(2));
    controller.abort();
    await expect(asked).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(endless.seen.contexts[1]?.signal.aborted).toBe(true);
    await router.close();
  });

  it.each([false, true])(
    "a router behind the door of another keeps the kinds of its failures (stream: %s)",
    async (stream) => {
      const failures = [
        ["unavailable", "cool_down"],
        ["saturated", undefined],
        ["timeout", "headers"],
        ["network", "dns"],
        ["empty_response", undefined],
        ["malformed_response", "html"],
        ["response_too_large", undefined],
        ["no_candidate", undefined],
        ["unsupported", "parameter"],
        ["quota", undefined],
        ["content_filter", undefined],
      ] as const;
      for (const [kind, detail] of failures) {
        const provider = scripted(() => new SignalboxError(kind, "Because", { detail, retryAfterMs: 7_000 }));
        const far = openaiCompatible({
          id: "far",
          baseURL: "http://127.0.0.1:1/v1",
          fetch: createFetch(provider),
          models: [modelInfo("m1")],
        });
        const router = createRouter({ providers: [far], retry: { attempts: 1 } });
        const failed = stream ? router.stream({ messages }).text() : router.chat({ messages });
        await expect(failed, kind).rejects.toMatchObject({ kind, detail });
        await router.close();
      }
    },
  );

  it.each(["overloaded", "network", "rate_limit", "unavailable", "saturated", "unsupported"] as const)(
    "a router behind the door of another is asked once, and may be asked later where it says so (%s)",
    async (kind) => {
      const provider = scripted(() => new SignalboxError(kind, "Because"));
      const far = openaiCompatible({
        id: "far",
        baseURL: "http://127.0.0.1:1/v1",
        fetch: createFetch(provider),
        models: [modelInfo("m1")],
      });
      const router = createRouter({ providers: [far] });
      const { retryable } = new SignalboxError(kind, "Because");
      await expect(router.chat({ messages })).rejects.toMatchObject({ kind, retryable });
      expect(provider.seen.requests.length).toBe(1);
      await router.close();
    },
  );

  it("ends of a router behind the door are no ends of the one before it", async () => {
    for (const [kind, detail] of [
      ["cancelled", "closed"],
      ["timeout", "total"],
      ["budget_exceeded", "tenant"],
    ] as const) {
      const provider = scripted(() => new SignalboxError(kind, "Because", { detail }));
      const far = openaiCompatible({
        id: "far",
        baseURL: "http://127.0.0.1:1/v1",
        fetch: createFetch(provider),
        models: [modelInfo("m1")],
      });
      const router = createRouter({ providers: [far, up("near")], strategy: "ordered" });
      expect((await router.chat({ messages })).choices[0].message.content, kind).toBe("I am near");
      await router.close();
    }
  });

  it("lists what may be asked for", async () => {
    const router = createRouter({ providers: [up("a"), up("b")] });
    const { data } = await clientFor(router).models.list();
    expect(data.map((model) => model.id)).toEqual(["auto", "m1", "m2"]);
    await router.close();
  });
});

describe("signalbox/ai-sdk over a router", () => {
  it("generates and streams, with the route in the metadata", async () => {
    const router = createRouter({ providers: [down("a"), up("b")], strategy: "ordered" });
    const generated = await generateText({ model: languageModel(router), prompt: "Hello" });
    expect(generated.text).toBe("I am b");
    expect(generated.providerMetadata?.signalbox).toMatchObject({ provider: "b", cache: { status: "bypass" } });
    const streamed = streamText({ model: languageModel(router, "b/m2"), prompt: "Hello" });
    expect(await streamed.text).toBe("I am b");
    expect((await streamed.providerMetadata)?.signalbox).toMatchObject({ provider: "b", model: "m2" });
    expect((await streamed.usage).totalTokens).toBe(17);
    await router.close();
  });

  it("takes a model of the AI SDK into the pool, a router included", async () => {
    const inner = createRouter({ providers: [up("inner")] });
    const outer = createRouter({
      providers: [down("a"), fromLanguageModel(languageModel(inner), { id: "nested" })],
      strategy: "ordered",
    });
    const reply = await outer.chat({ messages });
    expect(reply.choices[0].message.content).toBe("I am inner");
    expect(reply.route).toMatchObject({ provider: "nested", model: "auto" });
    expect(await outer.stream({ messages }).text()).toBe("I am inner");
    await outer.close();
    await inner.close();
  });
});
