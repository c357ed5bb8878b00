import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { Message } from "../../../src/chat/message.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { glm } from "../../../src/vendors/glm.js";
import type { HttpProvider } from "../../../src/vendors/http-provider.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { block, messageStream } from "./anthropic-shapes.js";
import { chunk, context, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const apiKey = "test-key";
const tools = [{ type: "function" as const, function: { name: "f", parameters: { type: "object", properties: {} } } }];
const callOf = (turn: number) => ({
  id: `t${turn}`,
  type: "function",
  function: { name: "f", arguments: `{"turn": ${turn} }` },
});

type Ask = (provider: HttpProvider, messages: readonly Message[]) => Promise<ChatReply>;

const asWhole: Ask = (provider, messages) => provider.chat({ messages, tools }, context());
const asStream: Ask = async (provider, messages) => {
  const assembler = createAssembler();
  for await (const one of provider.stream({ messages, tools }, context())) assembler.push(one);
  return assembler.reply();
};

/** Three turns of calls and results; what the upstream got as assistant messages in the last request. */
async function dialogue(
  provider: HttpProvider,
  ask: Ask,
  answers: readonly unknown[],
  wires = answers.map((answer) => json(answer)),
) {
  server.answer(...wires);
  const messages: Message[] = [...HELLO];
  const sentBefore: unknown[][] = [];
  for (let turn = 0; turn < answers.length; turn++) {
    // Through JSON, as histories that are stored are.
    const { message } = (JSON.parse(JSON.stringify(await ask(provider, messages))) as ChatReply).choices[0];
    messages.push(message);
    for (const call of message.tool_calls ?? [])
      messages.push({ role: "tool", tool_call_id: call.id, content: `result ${turn}` });
    sentBefore.push(server.bodies.at(-1)?.messages as unknown[]);
  }
  server.answer(json(answers[0]));
  await ask(provider, messages);
  const last = server.bodies.at(-1)?.messages as { role: string; [field: string]: unknown }[];
  // What was sent once is sent again to the letter, or the vendor's prefix cache misses.
  for (const sent of sentBefore) expect(JSON.stringify(last.slice(0, sent.length))).toBe(JSON.stringify(sent));
  return { assistant: last.filter((message) => message.role === "assistant"), messages };
}

describe("a tool dialogue of three turns goes back to its issuer to the letter (recorded shapes, loopback server)", () => {
  const baseURL = `${server.url}/v1`;

  it.each([
    ["whole", asWhole],
    ["streamed", asStream],
  ])("MiniMax, %s: reasoning details", async (way, ask) => {
    const details = (turn: number) => [
      { type: "reasoning.text", id: `d${turn}`, format: "MiniMax-response-v1", index: 0, text: `thought ${turn}\n` },
      { type: "reasoning.encrypted", index: 1, data: "b64==" },
    ];
    const message = (turn: number) => ({
      role: "assistant",
      name: "MiniMax AI",
      content: `step ${turn}`,
      reasoning_content: `thought ${turn}\n`,
      reasoning_details: details(turn),
      tool_calls: [callOf(turn)],
    });
    const answers = [0, 1, 2].map((turn) => whole(message(turn), { finish_reason: "tool_calls" }));
    const provider = minimax({ apiKey, baseURL, chatUpstream: "whole" });
    const wires =
      way === "whole"
        ? undefined
        : [0, 1, 2].map((turn) => sse([chunk(message(turn), { finish_reason: "tool_calls" })]));
    const { assistant } = await dialogue(provider, ask, answers, wires);
    expect(assistant).toEqual(
      [0, 1, 2].map((turn) => ({
        role: "assistant",
        content: `step ${turn}`,
        tool_calls: [callOf(turn)],
        reasoning_details: details(turn),
      })),
    );
  });

  it.each([
    ["glm", glm({ apiKey, baseURL, chatUpstream: "whole" }), ""],
    ["kimi", kimi({ apiKey, baseURL, chatUpstream: "whole" }), undefined],
  ])("%s: reasoning_content, whitespace and an empty thought included", async (_name, provider, content) => {
    const thoughts = [" leading and trailing \n", "", "计算"];
    const answers = thoughts.map((reasoning_content, turn) =>
      whole(
        { role: "assistant", content: null, reasoning_content, tool_calls: [callOf(turn)] },
        { finish_reason: "tool_calls" },
      ),
    );
    const { assistant } = await dialogue(provider, asWhole, answers);
    expect(assistant).toEqual(
      thoughts.map((reasoning_content, turn) => ({
        role: "assistant",
        ...(content === undefined ? {} : { content }),
        tool_calls: [callOf(turn)],
        reasoning_content,
      })),
    );
  });

  it.each([
    ["whole", asWhole],
    ["streamed", asStream],
  ])("Anthropic wire, %s: blocks in their order, signatures and hidden thinking included", async (way, ask) => {
    const blocks = (turn: number) => [
      { type: "thinking", thinking: `t1 of ${turn}`, signature: `sig-${turn}` },
      { type: "text", text: "first " },
      { type: "redacted_thinking", data: "opaque==" },
      { type: "thinking", thinking: "t2", signature: "sig-b" },
      { type: "tool_use", id: `t${turn}`, name: "f", input: { turn } },
      { type: "text", text: "second" },
    ];
    const answers = [0, 1, 2].map((turn) => ({
      id: "msg",
      type: "message",
      role: "assistant",
      model: "m",
      content: blocks(turn),
      stop_reason: "tool_use",
      usage: { input_tokens: 1, output_tokens: 1 },
    }));
    const wires =
      way === "whole"
        ? undefined
        : answers.map((answer) => (response: import("node:http").ServerResponse) => {
            response.writeHead(200, { "content-type": "text/event-stream" });
            const events: unknown[] = [{ type: "message_start", message: { ...answer, content: [] } }];
            answer.content.forEach((content_block, index) => {
              events.push({ type: "content_block_start", index, content_block }, { type: "content_block_stop", index });
            });
            events.push({ type: "message_delta", delta: { stop_reason: "tool_use" } }, { type: "message_stop" });
            response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
          });
    const provider = anthropicCompatible({ id: "claude", baseURL: server.url, models: [MODEL] });
    const { assistant, messages } = await dialogue(provider, ask, answers, wires);
    expect(assistant).toEqual([0, 1, 2].map((turn) => ({ role: "assistant", content: blocks(turn) })));
    // Upstream regression: every text, every thought and the call survive in the vocabulary.
    expect(messages[1]).toMatchObject({
      content: "first second",
      reasoning_content: "t1 of 0t2",
      tool_calls: [{ id: "t0" }],
    });
  });

  it("the same history at someone else: calls and text stay, thinking and state stay behind", async () => {
    const provider = minimax({ apiKey, baseURL: server.url, wire: "anthropic" });
    server.answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        messageStream([
          block("thinking", ["secret"], "sig"),
          block("text", ["I ask. "]),
          block("tool_use", ['{"a":', "1}"]),
        ]),
      );
    });
    const { message } = (await asStream(provider, HELLO)).choices[0];
    const id = message.tool_calls?.[0]?.id ?? "";
    const messages: Message[] = [...HELLO, message, { role: "tool", tool_call_id: id, content: "r" }];
    const others = [
      openaiCompatible({ id: "plain", baseURL, models: [MODEL] }),
      kimi({ apiKey, baseURL, chatUpstream: "whole" }),
      glm({ apiKey, baseURL, chatUpstream: "whole" }),
      // The same vendor over the other wire cannot read blocks either.
      minimax({ apiKey, baseURL, chatUpstream: "whole" }),
    ];
    for (const other of others) {
      server.answer(json(whole({ content: "ok" })));
      await asWhole(other, messages);
      const body = JSON.stringify(server.bodies[0]);
      expect(body).not.toMatch(/secret|provider_state|signature|blocks/);
      const [, assistant] = (server.bodies[0] as { messages: { [field: string]: unknown }[] }).messages;
      expect(assistant).toMatchObject({
        content: "I ask. ",
        tool_calls: [{ id, function: { name: "f", arguments: '{"a":1}' } }],
      });
      expect(assistant?.reasoning_content).toBe(other.id === "kimi" ? " " : undefined);
    }
  });

  it("an answer the app has edited goes back as the app left it", async () => {
    const provider = anthropicCompatible({ id: "claude", baseURL: server.url, models: [MODEL] });
    const answer = {
      type: "message",
      content: [
        { type: "thinking", thinking: "t", signature: "s" },
        { type: "text", text: "wrong" },
      ],
      stop_reason: "end_turn",
    };
    server.answer(json(answer));
    const { message } = (await asWhole(provider, HELLO)).choices[0];
    server.answer(json(answer));
    await asWhole(provider, [...HELLO, { ...message, content: "right" }, { role: "user", content: "and?" }]);
    expect(JSON.stringify(server.bodies[0])).not.toContain("wrong");
    expect(JSON.stringify(server.bodies[0])).toContain("right");
  });
});
