import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { Tool } from "../../../src/chat/request.js";
import { glm } from "../../../src/vendors/glm.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { createToolMarkup } from "../../../src/wire/openai/tool-markup.js";
import { chunk, context, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const plain = openaiCompatible({ id: "plain", baseURL, models: [MODEL], chatUpstream: "whole" });
const mini = minimax({ apiKey: "test-key", baseURL, chatUpstream: "whole" });
const zai = glm({ apiKey: "test-key", baseURL, chatUpstream: "whole" });

const properties = {
  city: { type: "string" },
  days: { type: "integer" },
  note: { type: ["string", "null"] },
  tags: { anyOf: [{ type: "array" }, { type: "null" }] },
};
const tools: Tool[] = ["get_weather", "now"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties } },
}));

const INVOKED = `Let me look.
<minimax:tool_call>
<invoke name="get_weather">
<parameter name="city">Köln
am Rhein</parameter>
<parameter name="days">3</parameter>
<parameter name="note">7</parameter>
<parameter name="tags">["a", "b"]</parameter>
</invoke>
<invoke name=now>
</invoke>
</minimax:tool_call>
`;
const JSON_CALLS = `<tool_call>
{"name": "get_weather", "arguments": {"city": "Köln\\nam Rhein", "days": 3}}
</tool_call>
<tool_call>{"name": "now", "arguments": "{}"}</tool_call>`;
const KEYED = `Well: <tool_call>get_weather
<arg_key>city</arg_key>
<arg_value>Köln</arg_value><arg_key>days</arg_key> <arg_value>3</arg_value>
</tool_call><tool_call>now</tool_call> done`;

interface Asked {
  readonly provider?: typeof plain;
  readonly offered?: readonly Tool[];
  readonly stop?: string;
}

async function asked(text: string, { provider = plain, offered = tools }: Asked = {}): Promise<ChatReply> {
  server.answer(json(whole({ content: text })));
  return provider.chat({ messages: HELLO, max_tokens: 100, tools: offered }, context());
}

async function streamed(pieces: readonly string[], { provider = plain, offered = tools, stop }: Asked = {}) {
  const events = pieces.map((content) => chunk({ content }));
  server.answer(sse([...events, chunk({}, { finish_reason: "stop" })]));
  const assembler = createAssembler();
  const request = { messages: HELLO, tools: offered, stop: stop ?? null };
  for await (const one of provider.stream(request, context())) assembler.push(one);
  return assembler.reply();
}

const callsOf = ({ choices: [{ message }] }: ChatReply) =>
  message.tool_calls?.map((call) =>
    "function" in call ? [call.function.name, JSON.parse(call.function.arguments)] : [],
  );

describe("tool calls that a server leaves in the text", () => {
  const weather = { city: "Köln\nam Rhein", days: 3 };
  it.each([
    ["minimax, as M2 writes them", mini, INVOKED, "Let me look.\n", { ...weather, note: "7", tags: ["a", "b"] }],
    ["any server, as Qwen and Hermes do", plain, JSON_CALLS, null, weather],
    ["glm, as GLM does", zai, KEYED, "Well: done", { city: "Köln", days: 3 }],
  ] as const)("%s: calls, whole and streamed", async (_name, provider, text, content, first) => {
    for (const reply of [await asked(text, { provider }), await streamed([text], { provider })]) {
      expect(callsOf(reply)).toEqual([
        ["get_weather", first],
        ["now", {}],
      ]);
      expect(reply.choices[0].finish_reason).toBe("tool_calls");
      expect(reply.choices[0].message.content).toBe(content);
      const ids = reply.choices[0].message.tool_calls?.map(({ id }) => id);
      expect(new Set(ids).size).toBe(2);
    }
  });

  it.each([INVOKED, JSON_CALLS, KEYED, `<think>hm</think>\n${JSON_CALLS}`])(
    "cut anywhere into events, they say the same (%#)",
    async (text) => {
      const { choices } = await streamed([text]);
      for (let at = 1; at < text.length; at += 1) {
        expect((await streamed([text.slice(0, at), text.slice(at)])).choices).toEqual(choices);
      }
      expect((await streamed([...text])).choices).toEqual(choices);
    },
    30_000,
  );

  it("however text and blocks are mixed and cut, nothing is lost or told twice", () => {
    const bits = fc.constantFrom(
      "a",
      " ",
      "\n",
      "<",
      "</",
      "<tool_call>",
      "</tool_call>",
      "<minimax:tool_call>",
      "</minimax:tool_call>",
      "now",
      '{"name":"now"}',
      '<invoke name="now">',
      "</invoke>",
    );
    const run = (pieces: readonly string[]) => {
      const markup = createToolMarkup(tools);
      const said = { text: "", calls: 0 };
      for (const piece of pieces) {
        const read = markup?.push(piece);
        said.text += read?.text ?? "";
        said.calls += read?.calls.length ?? 0;
      }
      said.text += markup?.flush().text ?? "";
      return said;
    };
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 30 }), fc.array(fc.nat(300), { maxLength: 10 }), (given, cuts) => {
        const text = given.join("");
        const marks = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const whole = run([text]);
        expect(run(marks.slice(1).map((end, i) => text.slice(marks[i], end)))).toEqual(whole);
        if (whole.calls === 0) expect(whole.text).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("without tools in the request, or by choice, such words are text", async () => {
    expect((await asked(JSON_CALLS, { offered: [] })).choices[0].message).toMatchObject({ content: JSON_CALLS });
    const literal = openaiCompatible({ id: "p", baseURL, models: [MODEL], toolMarkup: false });
    const { message, finish_reason } = (await streamed([INVOKED], { provider: literal })).choices[0];
    expect([message.content, message.tool_calls, finish_reason]).toEqual([INVOKED, undefined, "stop"]);
  });

  it.each([
    'Tell: <tool_call>{"name": "delete_all", "arguments": {}}</tool_call>',
    "Write <tool_call> before and </tool_call> after.",
    '<tool_call>{"name": "now", "arguments": {</tool_call> and so on',
    '<tool_call>{"name": "now"',
    '<minimax:tool_call><invoke name="now"></minimax:tool_call>',
    '<minimax:tool_call><invoke name="now">a word</invoke></minimax:tool_call>',
    "<minimax:tool_call></minimax:tool_call>",
    "<tool_call>now<arg_key>city</arg_key></tool_call>",
    "a < b, c <tool",
  ])("what calls no offered tool stays as it is: %s", async (text) => {
    for (const reply of [await asked(text), await streamed([text]), await streamed([...text])]) {
      expect([reply.choices[0].message.content, callsOf(reply)]).toEqual([text, undefined]);
    }
  });

  it("a tag that is only spoken of does not hide the call behind it", async () => {
    const reply = await asked(`I use <tool_call> now. ${JSON_CALLS}`);
    expect(callsOf(reply)?.map(([name]) => name)).toEqual(["get_weather", "now"]);
    expect(reply.choices[0].message.content).toBe("I use <tool_call> now. ");
  });

  it("calls that the server did read count once, whatever it left in the text", async () => {
    const call = { index: 0, id: "a", type: "function", function: { name: "now", arguments: "{}" } };
    server.answer(json(whole({ content: '<tool_call>{"name":"now"}</tool_call>', tool_calls: [call] })));
    const reply = await plain.chat({ messages: HELLO, max_tokens: 100, tools }, context());
    expect(callsOf(reply)).toEqual([["now", {}]]);
  });

  it("a stop sequence cuts the text around them as ever", async () => {
    const reply = await streamed(["one ", '<tool_call>{"name":"now"}</tool_call>', " two STOP three"], {
      provider: mini,
      stop: "STOP",
    });
    expect([reply.choices[0].message.content, callsOf(reply)]).toEqual(["one two ", [["now", {}]]]);
  });

  it("a block that does not end is text, and no more of it is held than has a bound", () => {
    const markup = createToolMarkup(tools);
    const piece = "<tool_call>x".repeat(10_000);
    let said = 0;
    let behind = 0;
    for (let round = 1; round <= 50; round += 1) {
      said += markup?.push(piece).text.length ?? 0;
      behind = Math.max(behind, round * piece.length - said);
    }
    expect(behind).toBeLessThan(400_000);
    expect(said + (markup?.flush().text.length ?? 0)).toBe(50 * piece.length);
  });

  it("an answer with more than 1,024 blocks speaks of the markup: what follows is text", () => {
    const other = "<tool_call>g</tool_call>".repeat(1_024);
    const call = '<tool_call>{"name":"now"}</tool_call>';
    const markup = createToolMarkup(tools);
    expect(markup?.push(other + call)).toEqual({ text: other + call, calls: [] });
    expect(createToolMarkup(tools)?.push(other.slice("<tool_call>g</tool_call>".length) + call).calls).toHaveLength(1);
  });
});
