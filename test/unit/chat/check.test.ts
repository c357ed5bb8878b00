import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest } from "../../../src/chat/check.js";
import { fingerprint } from "../../../src/chat/fingerprint.js";
import type { ChatRequest } from "../../../src/chat/request.js";

const user = { role: "user", content: "x" };
const circle: Record<string, unknown> = {};
circle.self = circle;

const bad: [path: string, request: unknown][] = [
  ["request", null],
  ["request", "hello"],
  ["request", []],
  ["messages", {}],
  ["messages", { messages: "hello" }],
  ["messages", { messages: [] }],
  ["messages[0]", { messages: [null] }],
  ["messages[0]", { messages: ["hello"] }],
  ["messages[2].role", { messages: [user, user, { role: "robot", content: "x" }] }],
  ["messages[0].content", { messages: [{ role: "user" }] }],
  ["messages[0].content", { messages: [{ role: "user", content: 5 }] }],
  ["messages[0].content", { messages: [{ role: "user", content: [] }] }],
  ["messages[0].content", { messages: [{ role: "tool", content: null, tool_call_id: "a" }] }],
  ["messages[0].content[0]", { messages: [{ role: "user", content: ["x"] }] }],
  ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text" }] }] }],
  [
    "messages[0].content[1].image_url.url",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "" },
            { type: "image_url", image_url: {} },
          ],
        },
      ],
    },
  ],
  ["messages[0].tool_call_id", { messages: [{ role: "tool", content: "x" }] }],
  ["messages[0].name", { messages: [{ role: "function", content: "x" }] }],
  ["messages[0].tool_calls", { messages: [{ role: "assistant", content: null, tool_calls: {} }] }],
  [
    "messages[0].tool_calls[0].id",
    { messages: [{ role: "assistant", content: null, tool_calls: [{ type: "function" }] }] },
  ],
  [
    "messages[0].tool_calls[0].function.arguments",
    {
      messages: [
        { role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: {} } }] },
      ],
    },
  ],
  ["messages[0].provider_state", { messages: [{ role: "assistant", content: "x", provider_state: circle }] }],
  ["messages[0].extra", { messages: [{ ...user, extra: 1n }] }],
  ["model", { messages: [user], model: "" }],
  ["model", { messages: [user], model: 5 }],
  ["models", { messages: [user], models: [] }],
  ["models[1]", { messages: [user], models: ["a", ""] }],
  ["temperature", { messages: [user], temperature: Number.NaN }],
  ["temperature", { messages: [user], temperature: "0" }],
  ["temperature", { messages: [user], temperature: -0.1 }],
  ["top_p", { messages: [user], top_p: Number.POSITIVE_INFINITY }],
  ["top_p", { messages: [user], top_p: -1 }],
  ["top_logprobs", { messages: [user], top_logprobs: -1 }],
  ["reasoning_effort", { messages: [user], reasoning_effort: 5 }],
  ["tool_choice", { messages: [user], tool_choice: 5 }],
  ["tool_choice.type", { messages: [user], tool_choice: { function: { name: "f" } } }],
  ["tool_choice.function.name", { messages: [user], tool_choice: { type: "function" } }],
  ["tool_choice.custom.name", { messages: [user], tool_choice: { type: "custom", custom: "f" } }],
  ["tool_choice.allowed_tools.tools", { messages: [user], tool_choice: { type: "allowed_tools" } }],
  [
    "tool_choice.allowed_tools.tools",
    { messages: [user], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [null] } } },
  ],
  ["stream_options", { messages: [user], stream_options: true }],
  ["max_tokens", { messages: [user], max_tokens: 0 }],
  ["max_tokens", { messages: [user], max_tokens: -1 }],
  ["max_completion_tokens", { messages: [user], max_completion_tokens: 1.5 }],
  ["stream", { messages: [user], stream: "yes" }],
  ["n", { messages: [user], n: 2 }],
  ["stop", { messages: [user], stop: [1] }],
  ["response_format.type", { messages: [user], response_format: { type: "xml" } }],
  ["response_format.json_schema.name", { messages: [user], response_format: { type: "json_schema" } }],
  ["tools", { messages: [user], tools: {} }],
  ["tools[0]", { messages: [user], tools: ["f"] }],
  ["tools[0].function.name", { messages: [user], tools: [{ type: "function" }] }],
  ["tools", { messages: [user], tools: [{ type: "function", function: { name: "f", parameters: circle } }] }],
  ["providerOptions", { messages: [user], providerOptions: [] }],
  ["providerOptions.glm", { messages: [user], providerOptions: { glm: 1 } }],
  ["unknown_field", { messages: [user], unknown_field: 1n }],
];

describe("checkRequest", () => {
  it.each(bad)("names the path %s", (path, request) => {
    expect(checkRequest(request)?.path).toBe(path);
  });

  it("lets good requests and unknown fields pass", () => {
    const good: unknown[] = [
      { messages: [user] },
      { messages: [user], temperature: null, tools: null, stop: null, n: 1, models: null, response_format: null },
      {
        messages: [
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "", type: "function", function: { name: "f", arguments: "not json" } }],
          },
        ],
      },
      {
        messages: [{ role: "assistant", tool_calls: [{ id: "a", type: "custom", custom: { name: "f", input: "x" } }] }],
      },
      { messages: [{ role: "function", name: "f", content: null }] },
      {
        messages: [{ role: "user", content: [{ type: "video_url", video_url: { url: "https://x" } }] }],
        mystery: { deep: [1] },
      },
      { messages: [user], tools: [{ type: "builtin_function", function: { name: "$web_search" } }], when: new Date(0) },
      {
        messages: [user],
        stop: ["a"],
        response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } },
      },
    ];
    for (const request of good) expect(checkRequest(request)).toBeNull();
  });

  it("never throws, not even for a field that throws, and never repeats a value in its message", () => {
    const request = {
      get messages() {
        throw new Error("secret");
      },
    };
    expect(checkRequest(request)).toEqual({ path: "request", message: expect.not.stringContaining("secret") });
    expect(JSON.stringify(checkRequest({ messages: [user], model: 5, temperature: "sk-secret" }))).not.toContain(
      "secret",
    );
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), (value) => {
        checkRequest(value);
        checkRequest({ messages: value });
        checkRequest({ messages: [value] });
        checkRequest({ messages: [user], extra: value });
      }),
    );
  });

  it("lets nothing pass that a key cannot be made of (property)", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 5, withBigInt: true, withDate: true, withMap: true }), (value) => {
        const request = { messages: [{ ...user, extra: value }], extra: value };
        if (checkRequest(request) !== null) return;
        expect(fingerprint(request as unknown as ChatRequest, { namespace: "v" })).toBeTypeOf("string");
        JSON.stringify(request);
      }),
    );
  });
});
