import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { anthropicCompatible, createRouter, openaiCompatible, type Provider, type Router } from "signalbox";
import { createFetch } from "signalbox/anthropic";
import { afterEach, describe, expect, it } from "vitest";
import { createReply } from "../../../../src/chat/create-reply.js";
import { modelInfo, says, scripted, USAGE } from "../support.js";
import { anthropicAnswer, anthropicEvents, openaiAnswer, openaiEvents, type Vendor, vendor } from "./support.js";

type Turn = Anthropic.MessageParam;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const tools = [
  { name: "weather", input_schema: { type: "object" as const, properties: { city: { type: "string" } } } },
];
const SIGNATURE = "SIG+of/the=vendor";

/** Thinks and calls a tool until it has a result for each of its calls, on the Anthropic wire. */
async function claude(): Promise<Vendor> {
  const up = await vendor((body, nth) => {
    const done = JSON.stringify(body.messages).includes("tool_result");
    if (done) return anthropicAnswer([{ type: "text", text: `It is ${nth}.` }]);
    return anthropicAnswer(
      [
        { type: "thinking", thinking: "I need the weather.", signature: SIGNATURE },
        { type: "redacted_thinking", data: "REDACTED" },
        { type: "text", text: "Looking." },
        { type: "tool_use", id: `toolu_${nth}`, name: "weather", input: { city: "Rome" } },
      ],
      "tool_use",
    );
  }, anthropicEvents);
  open.push(up);
  return up;
}

const anthropicProvider = (up: Vendor): Provider =>
  anthropicCompatible({ id: "claude", baseURL: up.url, apiKey: "k", models: [modelInfo("claude")] });
const openaiProvider = (up: Vendor): Provider =>
  openaiCompatible({ id: "gpt", baseURL: `${up.url}/v1`, apiKey: "k", models: [modelInfo("gpt")] });

function routerOf(...providers: Provider[]): Router {
  const router = createRouter({ providers, strategy: "ordered" });
  open.push(router);
  return router;
}

const clientOf = (router: Router): Anthropic => new Anthropic({ apiKey: "unused", fetch: createFetch(router) });

/** One turn, whole or through the stream helper. */
async function ask(client: Anthropic, how: "whole" | "streamed", model: string, messages: Turn[]) {
  const params = { model, max_tokens: 4_000, messages, tools };
  return how === "whole" ? await client.messages.create(params) : await client.messages.stream(params).finalMessage();
}

/** The messages of the vendor's nth request. */
const sent = (up: Vendor, nth: number) => (up.bodies[nth]?.messages ?? []) as { role: string; content?: unknown }[];

const result = (message: Anthropic.Message): Turn => ({
  role: "user",
  content: message.content.flatMap((block) =>
    block.type === "tool_use" ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "20 degrees" }] : [],
  ),
});

describe.each(["whole", "streamed"] as const)("thinking, %s", (how) => {
  it("goes back to its issuer as it came, block by block", async () => {
    const up = await claude();
    const client = clientOf(routerOf(anthropicProvider(up)));
    const first = await ask(client, how, "auto", [{ role: "user", content: "Weather?" }]);
    expect(first.content.map(({ type }) => type)).toContain("thinking");
    const history: Turn[] = [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: first.content },
    ];
    await ask(client, how, "auto", [...history, result(first)]);
    expect(sent(up, 1)[1]?.content).toEqual([
      { type: "thinking", thinking: "I need the weather.", signature: SIGNATURE },
      { type: "redacted_thinking", data: "REDACTED" },
      { type: "text", text: "Looking." },
      { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } },
    ]);
  });

  it("is never shown to another, on either wire", async () => {
    const up = await claude();
    const [same, other] = [await claude(), await vendor(() => openaiAnswer({ content: "ok" }), openaiEvents)];
    open.push(other);
    const rival = anthropicCompatible({ id: "rival", baseURL: same.url, apiKey: "k", models: [modelInfo("rival")] });
    const client = clientOf(routerOf(anthropicProvider(up), rival, openaiProvider(other)));
    const first = await ask(client, how, "claude/claude", [{ role: "user", content: "Weather?" }]);
    const history: Turn[] = [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: first.content },
    ];
    for (const model of ["rival/rival", "gpt/gpt"]) await ask(client, how, model, [...history, result(first)]);
    for (const { bodies } of [same, other]) {
      const text = JSON.stringify(bodies);
      expect(text).toContain("Looking.");
      for (const secret of [SIGNATURE, "REDACTED", "I need the weather.", "signalbox/"]) {
        expect(text).not.toContain(secret);
      }
    }
  });

  it("of another wire has a signature of ours, and its state comes back", async () => {
    const details = [{ type: "reasoning.encrypted", data: "ENCRYPTED", index: 0 }];
    const up = await vendor(
      (_body, nth) => openaiAnswer(nth > 1 ? { content: "20" } : { content: "Hm.", reasoning_details: details }),
      openaiEvents,
    );
    open.push(up);
    const client = clientOf(routerOf(openaiProvider(up)));
    const first = await ask(client, how, "auto", [{ role: "user", content: "Weather?" }]);
    expect(JSON.stringify(first.content)).toContain("signalbox/gpt/");
    const history: Turn[] = [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: first.content },
    ];
    await ask(client, how, "auto", [...history, { role: "user", content: "Sure?" }]);
    expect(sent(up, 1)[1]).toMatchObject({ content: "Hm.", reasoning_details: details });
  });

  it("is left out where the app edited the answer: an edit is not undone", async () => {
    const up = await claude();
    const client = clientOf(routerOf(anthropicProvider(up)));
    const first = await ask(client, how, "auto", [{ role: "user", content: "Weather?" }]);
    const edited = first.content.map((block) => (block.type === "text" ? { ...block, text: "Edited." } : block));
    const history: Turn[] = [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: edited },
    ];
    await ask(client, how, "auto", [...history, result(first)]);
    const text = JSON.stringify(up.bodies[1]?.messages);
    expect(text).toContain("Edited.");
    expect(text).not.toContain("Looking.");
  });
});

it("thinking that another server signed is left behind, other blocks of its own are refused", async () => {
  const provider = scripted(() => says("ok"));
  const client = clientOf(routerOf(provider));
  const asked = { role: "user" as const, content: "Hi" };
  const thinking = { type: "thinking" as const, thinking: "secret", signature: "foreign" };
  await ask(client, "whole", "auto", [
    asked,
    { role: "assistant", content: [thinking, { type: "text", text: "a" }] },
    asked,
  ]);
  expect(JSON.stringify(provider.seen.requests)).not.toMatch(/secret|foreign/);
  const search = { type: "server_tool_use" as const, id: "s1", name: "web_search" as const, input: {} };
  const failed = ask(client, "whole", "auto", [asked, { role: "assistant", content: [search] }, asked]);
  await expect(failed).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
});

it("cache marks, failed results and pictures in results reach the Anthropic wire", async () => {
  const up = await claude();
  const mark = { type: "ephemeral" as const };
  const picture = { type: "base64" as const, media_type: "image/png" as const, data: "AAAA" };
  await clientOf(routerOf(anthropicProvider(up))).messages.create({
    model: "auto",
    max_tokens: 100,
    system: [{ type: "text", text: "Long.", cache_control: mark }],
    messages: [
      { role: "user", content: [{ type: "text", text: "Hi", cache_control: mark }] },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "weather", input: {} }] },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "t1", is_error: true, content: [{ type: "image", source: picture }] },
        ],
      },
    ],
    tools,
  });
  const [body] = up.bodies;
  expect(body?.system).toEqual([{ type: "text", text: "Long.", cache_control: mark }]);
  expect(body?.messages).toMatchObject([
    { role: "user", content: [{ type: "text", text: "Hi", cache_control: mark }] },
    { role: "assistant" },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "t1", is_error: true, content: [{ type: "image", source: picture }] },
      ],
    },
  ]);
});

it("the OpenAI wire gets no is_error, which it does not know", async () => {
  const up = await vendor(() => openaiAnswer({ content: "ok" }), openaiEvents);
  open.push(up);
  await ask(clientOf(routerOf(openaiProvider(up))), "whole", "auto", [
    { role: "user", content: "Hi" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "weather", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", is_error: true, content: "no city" }] },
  ]);
  expect(sent(up, 0)[2]).toEqual({ role: "tool", tool_call_id: "t1", content: "no city" });
});

const weather = betaTool({
  name: "weather",
  description: "The weather of a city",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  run: ({ city }) => `20 degrees in ${city}`,
});

it.each([false, true])("the SDK's tool runner goes on with the whole history (stream: %s)", async (stream) => {
  const up = await claude();
  const runner = clientOf(routerOf(anthropicProvider(up))).beta.messages.toolRunner({
    model: "auto",
    max_tokens: 1_000,
    messages: [{ role: "user", content: "Weather in Rome?" }],
    tools: [weather],
    stream,
  });
  const message = await runner.runUntilDone();
  expect(message.content).toMatchObject([{ type: "text", text: "It is 2." }]);
  expect(up.bodies.length).toBe(2);
  const roles = sent(up, 1).map(({ role }) => role);
  expect(roles).toEqual(["user", "assistant", "user"]);
  expect(JSON.stringify(up.bodies[1])).toContain("20 degrees in Rome");
});

it("an agent of 30 turns changes the vendor in the middle, and nothing is lost", async () => {
  const seen: string[] = [];
  const agent = (id: string): Provider =>
    scripted(
      (request, nth) => {
        seen.push(id);
        const results = request.messages.filter(({ role }) => role === "tool").length;
        if (results >= 29) return createReply({ text: `Done after ${results}.`, model: "m1", usage: USAGE });
        return createReply({
          model: "m1",
          text: `Step ${results}.`,
          reasoning: `${id} thinks ${results}`,
          providerState: { issuer: id, data: { wire: id, secret: `${id}-${nth}` } },
          toolCalls: [
            {
              id: `call_${id}_${nth}`,
              type: "function",
              function: { name: "weather", arguments: `{"city":"${results}"}` },
            },
          ],
          usage: USAGE,
        });
      },
      { id },
    );
  const [a, b] = [agent("a"), agent("b")] as [ReturnType<typeof scripted>, ReturnType<typeof scripted>];
  const client = clientOf(routerOf(a, b));
  const history: Turn[] = [{ role: "user", content: "Go." }];
  let last: Anthropic.Message | undefined;
  for (let turn = 0; turn < 30; turn++) {
    last = await ask(client, turn % 2 === 0 ? "whole" : "streamed", turn < 15 ? "a/m1" : "b/m1", history);
    history.push({ role: "assistant", content: last.content });
    if (last.stop_reason === "tool_use") history.push(result(last));
  }
  expect(last).toMatchObject({ stop_reason: "end_turn", content: [{ type: "text", text: "Done after 29." }] });
  expect(seen.join("")).toBe("a".repeat(15) + "b".repeat(15));
  // Every answer came back as its issuer gave it: state, calls, results, in order.
  const { messages } = b.seen.requests.at(-1) ?? { messages: [] };
  const answers = messages.filter(({ role }) => role === "assistant");
  expect(answers.length).toBe(29);
  answers.forEach((message, turn) => {
    const [id, nth] = turn < 15 ? ["a", turn + 1] : ["b", turn - 14];
    expect(message).toEqual({
      role: "assistant",
      content: `Step ${turn}.`,
      reasoning_content: `${id} thinks ${turn}`,
      provider_state: { issuer: id, data: { wire: id, secret: `${id}-${nth}` } },
      tool_calls: [
        { id: `call_${id}_${nth}`, type: "function", function: { name: "weather", arguments: `{"city":"${turn}"}` } },
      ],
    });
  });
});
