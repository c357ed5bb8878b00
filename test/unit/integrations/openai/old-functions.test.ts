import OpenAI from "openai";
import { expect, it } from "vitest";
import { createReply } from "../../../../src/chat/create-reply.js";
import { createFetch } from "../../../../src/integrations/openai/index.js";
import { says, scripted } from "../support.js";

const FUNCTIONS = [{ name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } }];

it.each([false, true])(
  "functions of old are asked as tools and answered as function_call (stream: %s)",
  async (stream) => {
    const provider = scripted(({ messages }) =>
      messages.some(({ role }) => role === "tool")
        ? says("7 degrees")
        : createReply({
            model: "m1",
            toolCalls: [{ id: "t1", type: "function", function: { name: "weather", arguments: '{"city":"Bern"}' } }],
          }),
    );
    const client = new OpenAI({ apiKey: "unused", baseURL: "http://router.invalid/v1", fetch: createFetch(provider) });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "How warm?" }];
    const asked = { model: "auto", messages, functions: FUNCTIONS, function_call: { name: "weather" } };
    const completion = stream
      ? await client.chat.completions.stream(asked).finalChatCompletion()
      : await client.chat.completions.create(asked);
    const [choice] = completion.choices;
    expect(choice).toMatchObject({
      finish_reason: "function_call",
      message: { function_call: { name: "weather", arguments: '{"city":"Bern"}' } },
    });
    expect(choice?.message).not.toHaveProperty("tool_calls");
    expect(provider.seen.requests[0]).toMatchObject({
      tools: [{ type: "function", function: FUNCTIONS[0] }],
      tool_choice: { type: "function", function: { name: "weather" } },
    });
    expect(provider.seen.requests[0]).not.toHaveProperty("functions");

    messages.push({
      role: "assistant",
      content: null,
      function_call: { name: "weather", arguments: '{"city":"Bern"}' },
    });
    messages.push({ role: "function", name: "weather", content: "7" });
    const next = await client.chat.completions.create({ model: "auto", messages, functions: FUNCTIONS });
    expect(next.choices[0]?.message.content).toBe("7 degrees");
    const [, call, result] = provider.seen.requests[1]?.messages ?? [];
    expect(call).toMatchObject({ tool_calls: [{ id: "call_1", function: { name: "weather" } }] });
    expect(result).toEqual({ role: "tool", tool_call_id: "call_1", content: "7" });
  },
);
