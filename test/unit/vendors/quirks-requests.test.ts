import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/chat/message.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { chunk, context, drain, failureOf, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const apiKey = "test-key";
const plain = openaiCompatible({ id: "plain", baseURL, models: [MODEL] });
const providers = {
  plain,
  minimax: minimax({ apiKey, baseURL }),
  glm: glm({ apiKey, baseURL }),
  kimi: kimi({ apiKey, baseURL }),
};
const events = sse([chunk({ content: "42" }, { finish_reason: "stop" })]);

/** What a provider sends for a request. */
async function sent(provider: keyof typeof providers, request: Partial<ChatRequest>, warnings: string[] = []) {
  server.answer(events);
  const warn = (_code: string, message: string) => void warnings.push(message);
  await drain(providers[provider].stream({ messages: HELLO, ...request }, context({ warn })));
  return server.bodies[0] as { messages: { [field: string]: unknown }[]; [field: string]: unknown };
}

const CALL = { id: "t1", type: "function" as const, function: { name: "f", arguments: '{"a":1}' } };
const RESULT: Message = { role: "tool", tool_call_id: "t1", content: "1" };
const loop = (assistant: Partial<Message>): Message[] => [
  ...HELLO,
  { role: "assistant", content: null, tool_calls: [CALL], ...assistant } as Message,
  RESULT,
];

describe("requests as vendors really take them (loopback server)", () => {
  it("3: thinking goes back into the history, where the vendor wants it", async () => {
    const own = (issuer: string, data: object = {}) => ({
      reasoning_content: "hm",
      provider_state: { issuer, data: { wire: "openai", ...data } },
    });
    expect((await sent("kimi", { messages: loop(own("kimi")) })).messages[1]).toMatchObject({
      reasoning_content: "hm",
    });
    expect((await sent("glm", { messages: loop(own("glm")) })).messages[1]).toMatchObject({ reasoning_content: "hm" });
    const details = [{ type: "reasoning.text", text: "hm" }];
    const mini = await sent("minimax", { messages: loop(own("minimax", { details })) });
    expect(mini.messages[1]).toMatchObject({ reasoning_details: details });
    expect(mini.messages[1]).not.toHaveProperty("reasoning_content");
    // An empty thought is not the same as none.
    const empty = { ...own("kimi"), reasoning_content: "" };
    expect((await sent("kimi", { messages: loop(empty) })).messages[1]).toMatchObject({ reasoning_content: "" });
    expect((await sent("plain", { messages: loop(own("plain")) })).messages[1]).not.toHaveProperty("reasoning_content");
  });

  it("4: someone else's thinking is left behind, and Kimi gets its placeholder", async () => {
    const foreign = loop({
      reasoning_content: "secret train of thought",
      provider_state: { issuer: "glm", data: { wire: "openai" } },
    } as Partial<Message>);
    for (const provider of ["minimax", "kimi", "plain"] as const) {
      const body = await sent(provider, { messages: foreign });
      expect(JSON.stringify(body)).not.toContain("secret train");
      expect(JSON.stringify(body)).not.toContain("provider_state");
      expect(body.messages[1]?.reasoning_content).toBe(provider === "kimi" ? " " : undefined);
    }
    expect((await sent("kimi", { messages: loop({}) })).messages[1]).toMatchObject({ reasoning_content: " " });
  });

  it("7: invalid arguments in the history become {}, so that the next request does not fail", async () => {
    const bad = loop({
      tool_calls: [{ ...CALL, function: { name: "f", arguments: '{"q": "a"" }' } }],
    } as Partial<Message>);
    for (const provider of ["minimax", "glm", "kimi"] as const) {
      const [, assistant] = (await sent(provider, { messages: bad })).messages;
      expect(assistant?.tool_calls).toEqual([{ ...CALL, function: { name: "f", arguments: "{}" } }]);
    }
  });

  it("13, 20: an unknown model is told before anything is sent", async () => {
    server.answer(events);
    const failure = await failureOf(plain.chat({ messages: HELLO, model: "never-heard" }, context()));
    expect(failure).toMatchObject({ kind: "invalid_request", path: "model" });
    expect(server.seen).toHaveLength(0);
  });

  it("21: parameters a model ignores are not sent, are told once, and `stop` is cut here", async () => {
    const warnings: string[] = [];
    const request: Partial<ChatRequest> = {
      model: "MiniMax-M2.7",
      stop: ["4", "END"],
      n: 1,
      response_format: { type: "json_object" },
      tools: [{ type: "function", function: { name: "f" } }],
      tool_choice: "required",
    };
    const body = await sent("minimax", request, warnings);
    for (const field of ["stop", "n", "response_format", "tool_choice"]) expect(body).not.toHaveProperty(field);
    expect(warnings.map((warning) => /tool_choice|tool|JSON|\bn\b/.exec(warning)?.[0])).toHaveLength(3);
    await sent("minimax", request, warnings);
    expect(warnings).toHaveLength(3);
    server.answer(sse([chunk({ content: "one E" }), chunk({ content: "ND two" }), chunk({ content: "three" })]));
    const chunks = await drain(providers.minimax.stream({ messages: HELLO, stop: "END" }, context()));
    expect(chunks.map((one) => one.choices[0]?.delta.content ?? "").join("")).toBe("one ");
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
  });

  it("21: tool_choice none is honoured by not offering the tools where it would be ignored", async () => {
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    expect(await sent("minimax", { model: "MiniMax-M2.7", tools, tool_choice: "none" })).not.toHaveProperty("tools");
    expect(await sent("minimax", { model: "MiniMax-M3", tools, tool_choice: "none" })).toMatchObject({
      tool_choice: "none",
    });
    expect(await sent("kimi", { model: "kimi-k2.6", tools, tool_choice: "required" })).toMatchObject({
      tool_choice: "auto",
    });
  });

  it("22: parameters a vendor refuses are dropped, held in bounds or renamed rather than failing", async () => {
    const request = { temperature: 0, top_p: 0.5, seed: 1, max_tokens: 500, user: "user-1" };
    const kimiBody = await sent("kimi", request);
    for (const field of ["temperature", "top_p", "seed", "user", "max_tokens"])
      expect(kimiBody).not.toHaveProperty(field);
    expect(kimiBody.max_completion_tokens).toBe(500);
    expect(await sent("minimax", { ...request, temperature: 2 })).toMatchObject({
      temperature: 1,
      max_completion_tokens: 500,
    });
    expect(await sent("minimax", request)).toMatchObject({ temperature: 0.01, reasoning_split: true });
    expect(await sent("glm", { ...request, temperature: 2 })).toMatchObject({
      temperature: 1,
      max_tokens: 500,
      user_id: "user-1",
    });
    expect(await sent("plain", { ...request, max_completion_tokens: null })).toMatchObject(request);
    const long = await sent("minimax", { model: "MiniMax-M3", max_tokens: 10_000_000 });
    expect(long.max_completion_tokens).toBe(524_288);
    const full = await sent("kimi", { model: "kimi-k2.6", max_tokens: 262_144 });
    expect(full.max_completion_tokens).toBeLessThan(262_144);
  });

  it("22: reasoning_effort in each vendor's own words", async () => {
    const efforts = ["none", "low", "medium", "xhigh"] as const;
    const table = async (provider: keyof typeof providers, model: string) => {
      const rows: unknown[] = [];
      for (const effort of efforts) {
        const { thinking, reasoning_effort } = await sent(provider, { model, reasoning_effort: effort });
        rows.push((thinking as { type: string } | undefined)?.type ?? reasoning_effort);
      }
      return rows;
    };
    expect(await table("minimax", "MiniMax-M2.7")).toEqual([undefined, undefined, undefined, undefined]);
    expect(await table("minimax", "MiniMax-M3")).toEqual(["disabled", "adaptive", "adaptive", "adaptive"]);
    expect(await table("minimax", "MiniMax-M3.1-Flash")).toEqual(["low", "low", "medium", "xhigh"]);
    expect(await table("glm", "glm-4.7")).toEqual(["disabled", "enabled", "enabled", "enabled"]);
    expect(await table("glm", "glm-5.2")).toEqual(["disabled", "high", "high", "max"]);
    expect(await table("glm", "glm-5.3")).toEqual(["low", "low", "high", "max"]);
    expect(await table("kimi", "kimi-k2.6")).toEqual(["disabled", "enabled", "enabled", "enabled"]);
    expect(await table("kimi", "kimi-k2.7-code")).toEqual([undefined, undefined, undefined, undefined]);
    expect(await table("kimi", "kimi-k3")).toEqual(["low", "low", "high", "max"]);
    expect(await table("plain", "m")).toEqual([...efforts]);
  });

  it("23: text parts are joined where only strings are read; pictures keep their parts", async () => {
    const parts = [
      { type: "text" as const, text: "a" },
      { type: "text" as const, text: "b" },
    ];
    const messages: Message[] = [
      { role: "user", content: parts },
      ...loop({ content: parts } as Partial<Message>).slice(1, 2),
      { ...RESULT, content: parts } as Message,
    ];
    const body = await sent("glm", { messages });
    expect(body.messages.map((message) => message.content)).toEqual(["a\nb", "a\nb", "a\nb"]);
    const picture = [...parts, { type: "image_url" as const, image_url: { url: "https://example.com/a.png" } }];
    expect((await sent("glm", { messages: [{ role: "user", content: picture }] })).messages[0]?.content).toEqual(
      picture,
    );
    expect((await sent("plain", { messages: [{ role: "user", content: parts }] })).messages[0]?.content).toEqual(parts);
  });

  it("24: developer and several system messages become one, first", async () => {
    const messages: Message[] = [
      { role: "system", content: "A" },
      ...HELLO,
      { role: "developer", content: [{ type: "text", text: "B" }] },
    ];
    for (const provider of ["minimax", "glm", "kimi"] as const) {
      expect((await sent(provider, { messages })).messages).toEqual([{ role: "system", content: "A\n\nB" }, ...HELLO]);
    }
    expect((await sent("plain", { messages })).messages).toEqual(messages);
  });

  it("25: Kimi's subset of JSON Schema, on a copy", async () => {
    const parameters = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      properties: {
        bare: { description: "no type" },
        pair: { type: "array", items: [{ type: "string" }, {}] },
        either: { type: "string", anyOf: [{ enum: ["a"] }, { type: "null" }] },
      },
    };
    const copy = structuredClone(parameters);
    const tools = [{ type: "function" as const, function: { name: "f", parameters } }];
    const body = await sent("kimi", { tools });
    expect(parameters).toEqual(copy);
    expect((body.tools as typeof tools)[0]?.function.parameters).toEqual({
      type: "object",
      properties: {
        bare: { type: "string", description: "no type" },
        pair: { type: "array", prefixItems: [{ type: "string" }, { type: "string" }] },
        either: { anyOf: [{ type: "string", enum: ["a"] }, { type: "null" }] },
      },
    });
    const format = {
      type: "json_schema" as const,
      json_schema: { name: "x", schema: { $schema: "s", type: "object" } },
    };
    expect((await sent("kimi", { response_format: format })).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "x", schema: { type: "object" } },
    });
  });

  it("26: pictures by each vendor's rule are a capability, and nobody downloads them", () => {
    const sees = (provider: keyof typeof providers, id: string) =>
      providers[provider].models.find((model) => model.id === id)?.capabilities.vision;
    expect(sees("kimi", "kimi-k3")).toBe("data");
    expect(sees("glm", "glm-5.3-flash")).toBe("url");
    expect(sees("glm", "glm-5.3")).toBe(false);
    expect(sees("minimax", "MiniMax-M2.7")).toBe(false);
    expect(sees("minimax", "MiniMax-M3")).toBe("url");
  });

  it("27: a schema goes into the prompt where JSON mode knows none", async () => {
    const response_format = { type: "json_schema" as const, json_schema: { name: "x", schema: { type: "object" } } };
    const body = await sent("glm", { response_format });
    expect(body.response_format).toEqual({ type: "json_object" });
    expect(body.messages[0]?.content).toContain('{"type":"object"}');
  });

  it("29: a base URL in any form people paste", async () => {
    for (const given of [baseURL, `${baseURL}/`, `${baseURL}/chat/completions`, `${baseURL}//`]) {
      const provider = openaiCompatible({ id: "p", baseURL: given, models: [MODEL] });
      server.answer(json(whole({ content: "42" })));
      await provider.chat({ messages: HELLO }, context());
      expect(server.seen[0]?.path).toBe("/v1/chat/completions");
    }
    const claude = (given: string) => anthropicCompatible({ id: "p", baseURL: given, models: [MODEL] });
    for (const given of [server.url, `${server.url}/v1`, `${server.url}/v1/messages`]) {
      server.answer(
        json({ id: "m", type: "message", content: [{ type: "text", text: "42" }], stop_reason: "end_turn" }),
      );
      await claude(given).chat({ messages: HELLO }, context());
      expect(server.seen[0]?.path).toBe("/v1/messages");
    }
  });

  it("text after tool results joins the last of them at MiniMax and GLM", async () => {
    const messages = [...loop({}), { role: "user" as const, content: "go on" }];
    for (const provider of ["minimax", "glm"] as const) {
      expect((await sent(provider, { messages })).messages.at(-1)).toMatchObject({
        role: "tool",
        content: "1\n\ngo on",
      });
    }
    expect((await sent("plain", { messages })).messages.at(-1)).toEqual({ role: "user", content: "go on" });
  });

  it("an empty assistant text beside tool calls is left out for Kimi, an empty string for the others", async () => {
    expect(
      (await sent("kimi", { messages: loop({ content: "" } as Partial<Message>) })).messages[1],
    ).not.toHaveProperty("content");
    expect((await sent("minimax", { messages: loop({}) })).messages[1]?.content).toBe("");
    expect((await sent("glm", { messages: loop({}) })).messages[1]?.content).toBe("");
    expect((await sent("plain", { messages: loop({}) })).messages[1]?.content).toBeNull();
  });

  it("cache marks stay where the vendor reads them", async () => {
    const marked = [{ type: "text" as const, text: "long", cache_control: { type: "ephemeral" } }];
    const messages: Message[] = [
      { role: "system", content: marked },
      { role: "developer", content: "B" },
      { role: "user", content: marked },
    ];
    const parts = (await sent("minimax", { messages })).messages.map((message) => message.content);
    expect(parts).toEqual([[...marked, { type: "text", text: "B" }], marked]);
    expect((await sent("kimi", { messages: messages.slice(2) })).messages[0]?.content).toBe("long");
    const claude = minimax({ apiKey, baseURL: server.url, wire: "anthropic", chatUpstream: "whole" });
    server.answer(json({ type: "message", content: [{ type: "text", text: "42" }], stop_reason: "end_turn" }));
    await claude.chat({ messages }, context());
    expect(server.bodies[0]).toMatchObject({
      system: [...marked, { type: "text", text: "B" }],
      messages: [{ role: "user", content: marked }],
    });
  });

  it("a user name that GLM would refuse for its length is left out", async () => {
    expect(await sent("glm", { user: "abc" })).not.toHaveProperty("user_id");
    expect(await sent("glm", { user: "abcdef" })).toMatchObject({ user_id: "abcdef" });
  });

  it("nothing that was not asked for is sent: no nulls, no output limit, no extensions", async () => {
    const request = {
      temperature: null,
      tools: null,
      tool_choice: null,
      stop: null,
      providerOptions: { other: { a: 1 } },
    };
    const body = await sent("plain", request);
    expect(Object.keys(body).sort()).toEqual(["messages", "model", "stream", "stream_options"]);
    expect(await sent("plain", { ...request, invented: 7 } as Partial<ChatRequest>)).toMatchObject({ invented: 7 });
  });

  it("providerOptions reach that provider alone, null takes a field out, and the library's own are refused", async () => {
    const providerOptions = {
      glm: { thinking: { type: "disabled" }, request_id: "r" },
      minimax: { reasoning_split: null },
    };
    expect(await sent("glm", { providerOptions })).toMatchObject({ thinking: { type: "disabled" }, request_id: "r" });
    expect(await sent("kimi", { providerOptions })).not.toHaveProperty("thinking");
    expect(await sent("minimax", { providerOptions })).not.toHaveProperty("reasoning_split");
    server.answer(events);
    const failure = await failureOf(
      drain(providers.glm.stream({ messages: HELLO, providerOptions: { glm: { stream: false } } }, context())),
    );
    expect(failure).toMatchObject({ kind: "invalid_request", path: "providerOptions.glm.stream" });
    expect(server.seen).toHaveLength(0);
  });
});
