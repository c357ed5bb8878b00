import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createReply } from "../../../../src/chat/create-reply.js";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { languageModel } from "../../../../src/integrations/ai-sdk/index.js";
import { modelInfo, says, USAGE } from "../support.js";
import { fakeRouter, ROUTE } from "./support.js";

globalThis.AI_SDK_LOG_WARNINGS = false;

const weatherCall = {
  id: "call_1",
  type: "function" as const,
  function: { name: "weather", arguments: '{"city":"Bern"}' },
};

const weatherTool = (execute: (input: { city: string }) => string) =>
  tool({ description: "The weather", inputSchema: z.object({ city: z.string() }), execute });

describe("generateText", () => {
  it("answers, with usage and route", async () => {
    const router = fakeRouter(() => says("Blue"));
    const result = await generateText({
      model: languageModel(router, "glm/m1"),
      system: "Be short",
      prompt: "Why?",
      temperature: 0,
      maxOutputTokens: 50,
      stopSequences: ["END"],
      seed: 3,
    });
    expect(result.text).toBe("Blue");
    expect(result.finishReason).toBe("stop");
    expect(result.usage).toMatchObject({ inputTokens: 12, outputTokens: 5, totalTokens: 17 });
    expect(result.usage.inputTokenDetails).toMatchObject({ noCacheTokens: 8, cacheReadTokens: 4 });
    expect(result.usage.outputTokenDetails).toMatchObject({ textTokens: 3, reasoningTokens: 2 });
    expect(result.providerMetadata?.signalbox).toEqual(JSON.parse(JSON.stringify(ROUTE)));
    expect(router.requests[0]).toEqual({
      model: "glm/m1",
      messages: [
        { role: "system", content: "Be short" },
        { role: "user", content: "Why?" },
      ],
      temperature: 0,
      max_completion_tokens: 50,
      stop: ["END"],
      seed: 3,
    });
  });

  it("gives an object", async () => {
    const router = fakeRouter(() => says('{"city":"Bern"}'));
    const { output } = await generateText({
      model: languageModel(router),
      prompt: "Where?",
      output: Output.object({ schema: z.object({ city: z.string() }) }),
    });
    expect(output).toEqual({ city: "Bern" });
    const format = router.requests[0]?.response_format;
    expect(format).toMatchObject({ type: "json_schema", json_schema: { schema: { required: ["city"] } } });
  });

  it("runs tools over two steps, thinking and what its issuer needs handed back", async () => {
    const state = { issuer: "glm", data: { signature: "abc" } };
    const router = fakeRouter((_request, call) =>
      call === 1
        ? createReply({
            model: "m1",
            reasoning: "Look it up",
            toolCalls: [weatherCall],
            providerState: state,
            usage: USAGE,
          })
        : says("7 degrees"),
    );
    const execute = vi.fn(({ city }: { city: string }) => `7 in ${city}`);
    const result = await generateText({
      model: languageModel(router),
      prompt: "Weather?",
      tools: { weather: weatherTool(execute) },
      stopWhen: stepCountIs(3),
    });
    expect(result.text).toBe("7 degrees");
    expect(result.steps[0]?.reasoningText).toBe("Look it up");
    expect(execute.mock.calls[0]?.[0]).toEqual({ city: "Bern" });
    expect(router.requests[1]?.messages.slice(1)).toEqual([
      {
        role: "assistant",
        content: null,
        reasoning_content: "Look it up",
        provider_state: state,
        tool_calls: [weatherCall],
      },
      { role: "tool", tool_call_id: "call_1", content: "7 in Bern" },
    ]);
    expect(router.requests[0]?.tools?.[0]).toMatchObject({ type: "function", function: { name: "weather" } });
  });

  it("hands on pictures, and the options of a call", async () => {
    const router = fakeRouter(() => says("A cat"));
    await generateText({
      model: languageModel(router, "auto", { tenant: "all", timeoutMs: 9 }),
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What?" },
            { type: "image", image: new URL("https://example.com/cat.png") },
            { type: "image", image: new Uint8Array([137, 80, 78, 71]), mediaType: "image/png" },
            { type: "file", data: new Uint8Array([1, 2]), mediaType: "audio/wav" },
            { type: "file", data: new Uint8Array([3]), mediaType: "application/pdf", filename: "a.pdf" },
            { type: "file", data: new TextEncoder().encode("notes"), mediaType: "text/plain" },
          ],
        },
      ],
      providerOptions: { signalbox: { tenant: "acme", reasoningEffort: "low" }, glm: { do_sample: false } },
    });
    expect(router.requests[0]?.messages[0]?.content).toEqual([
      { type: "text", text: "What?" },
      { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
      { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw==" } },
      { type: "input_audio", input_audio: { data: "AQI=", format: "wav" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,Aw==", filename: "a.pdf" } },
      { type: "text", text: "notes" },
    ]);
    expect(router.requests[0]).toMatchObject({
      reasoning_effort: "low",
      providerOptions: { glm: { do_sample: false } },
    });
    expect(router.options[0]).toMatchObject({ tenant: "acme", timeoutMs: 9 });
  });

  it.each(["image", "image/*"])(
    "a picture is one by its kind alone, as AI SDK 7 and 6 write it: %s",
    async (mediaType) => {
      const router = fakeRouter(() => says("A cat"));
      const content = [new URL("https://example.com/cat"), "iVBORw=="].map((data) => ({
        type: "file" as const,
        data,
        mediaType,
      }));
      await languageModel(router).doGenerate({ prompt: [{ role: "user", content }] });
      expect(router.requests[0]?.messages[0]?.content).toEqual([
        { type: "image_url", image_url: { url: "https://example.com/cat" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw==" } },
      ]);
    },
  );

  it("asks once where it fails, with our error", async () => {
    const router = fakeRouter(() => new SignalboxError("unavailable", "All blocked", { retryAfterMs: 5 }));
    const failed = generateText({ model: languageModel(router), prompt: "x" });
    await expect(failed).rejects.toMatchObject({ kind: "unavailable", retryAfterMs: 5 });
    expect(router.requests.length).toBe(1);
  });

  it("a signal among the defaults ends calls too, beside that of a call", async () => {
    for (const abortSignal of [undefined, new AbortController().signal]) {
      const router = fakeRouter(() => says("x"));
      const shutdown = new AbortController();
      const model = languageModel(router, "auto", { signal: shutdown.signal });
      await generateText({ model, prompt: "x", ...(abortSignal && { abortSignal }) });
      const seen = router.options[0]?.signal;
      expect(seen?.aborted).toBe(false);
      shutdown.abort(new Error("closing"));
      expect(seen?.reason).toMatchObject({ message: "closing" });
    }
  });

  it("warns of what it cannot pass on", async () => {
    const result = await generateText({ model: languageModel(fakeRouter(() => says("x"))), prompt: "x", topK: 5 });
    expect(result.warnings).toMatchObject([{ type: "unsupported", feature: "topK" }]);
  });

  it("warns of headers and of options on single messages, parts and tools, once each", async () => {
    const router = fakeRouter((_request, call) =>
      call === 1 ? createReply({ model: "m1", toolCalls: [weatherCall], usage: USAGE }) : says("x"),
    );
    const cacheControl = { type: "ephemeral" };
    const result = await generateText({
      model: languageModel(router),
      system: { role: "system", content: "Be short", providerOptions: { anthropic: { cacheControl } } },
      messages: [
        {
          role: "user",
          content: [{ type: "text", text: "Hi", providerOptions: { openai: { imageDetail: "low" } } }],
          providerOptions: { anthropic: { cacheControl } },
        },
        {
          role: "assistant",
          content: [{ type: "text", text: "Hello", providerOptions: { other: { itemId: "of an answer" } } }],
        },
        { role: "user", content: "Weather?" },
      ],
      tools: { weather: { ...weatherTool(() => "7"), providerOptions: { glm: { cached: true } } } },
      headers: { "x-team": "blue" },
      providerOptions: { glm: { tool_stream: true } },
      stopWhen: stepCountIs(2),
    });
    const expected = [
      {
        type: "unsupported",
        feature: "providerOptions of a message, part or tool",
        details: "glm: only those of the whole call reach a provider",
      },
      { type: "unsupported", feature: "headers", details: "x-team: give them to the provider when it is made" },
    ];
    expect(result.steps.map(({ warnings }) => warnings)).toEqual([expected, expected]);
    expect(router.requests[0]?.providerOptions).toEqual({ glm: { tool_stream: true } });
  });

  it("a plain call, whose user agent the AI SDK writes, has no warning", async () => {
    const { warnings } = await generateText({ model: languageModel(fakeRouter(() => says("x"))), prompt: "x" });
    expect(warnings).toEqual([]);
  });

  it("lets the AI SDK download pictures where no model reads URLs", () => {
    const vision = { ...modelInfo("m1").capabilities, vision: "data" as const };
    const router = { ...fakeRouter(() => says("x")), models: [modelInfo("m1", { capabilities: vision })] };
    expect(languageModel(router).supportedUrls).toEqual({});
    expect(languageModel(fakeRouter(() => says("x"))).supportedUrls).toHaveProperty(["image/*"]);
  });
});

describe("streamText", () => {
  it("streams thinking, then text, with usage and route at the end", async () => {
    const router = fakeRouter(() => createReply({ text: "Blue", reasoning: "Rayleigh", model: "m1", usage: USAGE }));
    const result = streamText({ model: languageModel(router), prompt: "Why?" });
    const types: string[] = [];
    for await (const part of result.fullStream) types.push(part.type);
    expect(types).toEqual([
      "start",
      "start-step",
      "reasoning-start",
      "reasoning-delta",
      "reasoning-end",
      "text-start",
      "text-delta",
      "text-end",
      "finish-step",
      "finish",
    ]);
    expect(await result.text).toBe("Blue");
    expect(await result.reasoningText).toBe("Rayleigh");
    expect((await result.usage).totalTokens).toBe(17);
    expect((await result.providerMetadata)?.signalbox).toMatchObject({ provider: "glm", requestId: "req_1" });
    expect((await result.response).modelId).toBe("m1");
  });

  it("runs tools over two steps, state handed back", async () => {
    const state = { issuer: "glm", data: ["opaque"] };
    const router = fakeRouter((_request, call) =>
      call === 1
        ? createReply({ model: "m1", text: "Wait", toolCalls: [weatherCall], providerState: state, usage: USAGE })
        : says("7 degrees"),
    );
    const result = streamText({
      model: languageModel(router),
      prompt: "Weather?",
      tools: { weather: weatherTool(({ city }) => `7 in ${city}`) },
      stopWhen: stepCountIs(3),
    });
    expect(await result.text).toBe("7 degrees");
    const second = router.requests[1]?.messages[1];
    expect(second).toMatchObject({ content: "Wait", provider_state: state, tool_calls: [weatherCall] });
  });

  it("ends in our error, asked once", async () => {
    const router = fakeRouter(() => new SignalboxError("quota", "No money"));
    const errors: unknown[] = [];
    const result = streamText({
      model: languageModel(router),
      prompt: "x",
      onError: ({ error }) => void errors.push(error),
    });
    await result.consumeStream();
    expect(errors).toMatchObject([{ kind: "quota" }]);
    expect(router.requests.length).toBe(1);
  });

  it("stops when the caller does", async () => {
    const router = fakeRouter(() => createReply({ text: "a", reasoning: "b", model: "m1", usage: USAGE }));
    const controller = new AbortController();
    const onAbort = vi.fn();
    const result = streamText({ model: languageModel(router), prompt: "x", abortSignal: controller.signal, onAbort });
    const types: string[] = [];
    for await (const part of result.fullStream) {
      types.push(part.type);
      if (part.type === "reasoning-delta") controller.abort();
    }
    expect(types.at(-1)).toBe("abort");
    expect(onAbort).toHaveBeenCalledOnce();
  });

  it("parses a partial object", async () => {
    const router = fakeRouter(() => says('{"city":"Bern"}'));
    const result = streamText({
      model: languageModel(router),
      prompt: "Where?",
      output: Output.object({ schema: z.object({ city: z.string() }) }),
    });
    expect(await result.output).toEqual({ city: "Bern" });
  });
});
