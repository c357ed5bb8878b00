import OpenAI, { APIError, NotFoundError, RateLimitError } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createReply } from "../../../../src/chat/create-reply.js";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { createFetch, type FetchOptions, type Target } from "../../../../src/integrations/openai/index.js";
import { deltaChunk, type Scripted, says, scripted, USAGE } from "../support.js";

const messages = [{ role: "user" as const, content: "Hello" }];

const clientFor = (target: Target, options?: FetchOptions): OpenAI =>
  new OpenAI({ apiKey: "unused", baseURL: "http://router.invalid/v1", fetch: createFetch(target, options) });

describe("the openai SDK over createFetch", () => {
  it("completes a chat", async () => {
    const provider = scripted(() => says("Hi there"));
    const { data, response, request_id } = await clientFor(provider)
      .chat.completions.create({ model: "auto", messages, temperature: 0.5 })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("Hi there");
    expect(data.usage).toEqual(USAGE);
    expect(provider.seen.requests[0]).toMatchObject({ model: "m1", messages, temperature: 0.5 });
    expect(response.headers.get("x-signalbox-provider")).toBe("double");
    expect(response.headers.get("x-signalbox-model")).toBe("m1");
    expect(request_id).toBe(response.headers.get("x-signalbox-request-id"));
  });

  it("asks the model that was named, with or without the provider", async () => {
    const provider = scripted(() => says("x"));
    const client = clientFor(provider);
    await client.chat.completions.create({ model: "m2", messages });
    await client.chat.completions.create({ model: "double/m2", messages });
    expect(provider.seen.requests.map((request) => request.model)).toEqual(["m2", "m2"]);
    await expect(client.chat.completions.create({ model: "m3", messages })).rejects.toBeInstanceOf(NotFoundError);
  });

  it("streams, with the usage chunk only where it was asked for", async () => {
    const client = clientFor(scripted(() => says("Hi there")));
    for (const include_usage of [false, true]) {
      const stream = await client.chat.completions.create({
        model: "auto",
        messages,
        stream: true,
        stream_options: { include_usage },
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Hi there");
      expect(chunks.filter((chunk) => chunk.usage).length).toBe(include_usage ? 1 : 0);
    }
  });

  it("feeds the stream helper, structured output parsed", async () => {
    const Answer = z.object({ city: z.string(), degrees: z.number() });
    const provider = scripted(() => says('{"city":"Bern","degrees":7}'));
    const client = clientFor(provider);
    const format = { model: "auto", messages, response_format: zodResponseFormat(Answer, "answer") };
    const parsed = await client.chat.completions.parse(format);
    expect(parsed.choices[0]?.message.parsed).toEqual({ city: "Bern", degrees: 7 });
    const stream = client.chat.completions.stream(format);
    const texts: string[] = [];
    stream.on("content", (delta) => texts.push(delta));
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.parsed).toEqual({ city: "Bern", degrees: 7 });
    expect(texts.join("")).toBe('{"city":"Bern","degrees":7}');
    expect(provider.seen.requests[0]?.response_format).toMatchObject({ type: "json_schema" });
  });

  it.each([false, true])("runs tools until the answer (stream: %s)", async (stream) => {
    const provider = scripted((request) =>
      request.messages.some((message) => message.role === "tool")
        ? says("It is 7 degrees")
        : createReply({
            model: "m1",
            toolCalls: [
              { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Bern"}' } },
            ],
          }),
    );
    const weather = vi.fn(({ city }: { city: string }) => `7 degrees in ${city}`);
    const body = {
      model: "auto",
      messages,
      tools: [
        {
          type: "function" as const,
          function: {
            name: "weather",
            description: "The weather",
            parameters: { type: "object", properties: { city: { type: "string" } } },
            parse: JSON.parse,
            function: weather,
          },
        },
      ],
    };
    const { completions } = clientFor(provider).chat;
    const runner = stream ? completions.runTools({ ...body, stream: true }) : completions.runTools(body);
    expect(await runner.finalContent()).toBe("It is 7 degrees");
    expect(weather.mock.calls[0]?.[0]).toEqual({ city: "Bern" });
    const tool = provider.seen.requests[1]?.messages.find((message) => message.role === "tool");
    expect(tool).toEqual({ role: "tool", tool_call_id: "call_1", content: "7 degrees in Bern" });
  });

  it("keeps reasoning and what its issuer needs back", async () => {
    const state = { issuer: "double", data: { signature: "s" } };
    const provider = scripted(() => createReply({ text: "4", reasoning: "2+2", model: "m1", providerState: state }));
    const completion = await clientFor(provider).chat.completions.create({ model: "auto", messages });
    expect(completion.choices[0]?.message).toMatchObject({ reasoning_content: "2+2", provider_state: state });
    await clientFor(provider).chat.completions.create({
      model: "auto",
      messages: [...messages, completion.choices[0]!.message, ...messages],
    });
    expect(provider.seen.requests[1]?.messages[1]).toMatchObject({ provider_state: state });
  });
});

describe("failures", () => {
  const failing = (error: Error): Scripted => scripted(() => error);

  it("throws the SDK's own classes, and asks once", async () => {
    const provider = failing(
      new SignalboxError("rate_limit", "Too fast", { requestId: "req_1", retryAfterMs: 1_500, provider: "glm" }),
    );
    const error = await clientFor(provider)
      .chat.completions.create({ model: "auto", messages })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      type: "rate_limit_error",
      requestID: "req_1",
    });
    expect(error.error.signalbox).toEqual({
      kind: "rate_limit",
      retryable: true,
      request_id: "req_1",
      retry_after_ms: 1_500,
    });
    expect(error.headers.get("x-should-retry")).toBe("false");
    expect(error.headers.get("retry-after-ms")).toBe("1500");
    expect(error.headers.get("retry-after")).toBe("2");
    expect(provider.seen.requests.length).toBe(1);
  });

  it.each([
    ["auth", 502],
    ["permission", 502],
    ["context_length", 400],
    ["no_candidate", 400],
    ["unavailable", 503],
    ["quota", 429],
    ["timeout", 504],
    ["server", 502],
  ] as const)("%s is a %i, before and in a stream", async (kind, status) => {
    const provider = failing(new SignalboxError(kind, "No"));
    const { completions } = clientFor(provider).chat;
    for (const stream of [false, true]) {
      await expect(completions.create({ model: "auto", messages, stream })).rejects.toMatchObject({ status });
    }
    expect(provider.seen.requests.length).toBe(2);
  });

  it("a stream that is cut ends in an error, what was said before arrives", async () => {
    const provider = scripted(() => says(""), {
      chunks: () => [deltaChunk({ content: "Hi" }), new SignalboxError("stream_interrupted", "cut")],
    });
    const stream = await clientFor(provider).chat.completions.create({ model: "auto", messages, stream: true });
    const heard: string[] = [];
    const reading = (async () => {
      for await (const chunk of stream) heard.push(chunk.choices[0]?.delta.content ?? "");
    })();
    await expect(reading).rejects.toMatchObject({ code: "stream_interrupted" });
    await expect(reading).rejects.toBeInstanceOf(APIError);
    expect(heard).toEqual(["Hi"]);
  });

  it("a thrown stranger becomes a typed answer", async () => {
    const error = await clientFor(failing(new TypeError("boom")))
      .chat.completions.create({ model: "auto", messages })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error.error.signalbox.kind).toBeTypeOf("string");
  });

  it("an empty answer is a failure", async () => {
    const provider = scripted(() => createReply({ text: "", model: "m1" }));
    await expect(clientFor(provider).chat.completions.create({ model: "auto", messages })).rejects.toMatchObject({
      code: "empty_response",
    });
  });
});
