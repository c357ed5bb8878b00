import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { Tool } from "../../../src/chat/request.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { chunk, context, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const plain = openaiCompatible({ id: "plain", baseURL, models: [MODEL], chatUpstream: "whole" });
const moonshot = kimi({ apiKey: "test-key", baseURL, chatUpstream: "whole" });

const properties = { city: { type: "string" }, days: { type: "integer" } };
const tools: Tool[] = ["get_weather", "now"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties } },
}));
const ARGS = '{"city": "Köln", "days": 3}';

/** Each writes `get_weather(Köln, 3)` and, where the form knows several, `now()`. */
const FORMS: readonly (readonly [family: string, text: string, calls: number])[] = [
  [
    "Kimi",
    `<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>${ARGS}<|tool_call_end|><|tool_call_begin|>functions.now:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>`,
    2,
  ],
  [
    "Kimi, without its section",
    `<|tool_call_begin|>functions.get_weather:12<|tool_call_argument_begin|>${ARGS}<|tool_call_end|>`,
    1,
  ],
  [
    "Kimi, without the section's end",
    `<|tool_calls_section_begin|><|tool_call_begin|>get_weather<|tool_call_argument_begin|>${ARGS}<|tool_call_end|>`,
    1,
  ],
  [
    "Qwen's coders",
    "<tool_call>\n<function=get_weather>\n<parameter=city>\nKöln\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n</function>\n</tool_call>",
    2,
  ],
  [
    "Qwen's coders, without the outer tag",
    "<function=get_weather>\n<parameter=city>\nKöln\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>",
    1,
  ],
  ["Llama, as a function", `<function=get_weather>${ARGS}</function>`, 1],
  ["Llama", `<|python_tag|>{"name": "get_weather", "parameters": ${ARGS}}`, 1],
  [
    "Llama, several",
    `<|python_tag|>{"name": "get_weather", "parameters": ${ARGS}}; {"name": "now", "parameters": {}}<|eom_id|>`,
    2,
  ],
  [
    "DeepSeek V3",
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n\`\`\`json\n${ARGS}\n\`\`\`<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n\`\`\`json\n{}\n\`\`\`<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    2,
  ],
  [
    "DeepSeek V3.1",
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>${ARGS}<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    2,
  ],
  [
    "DeepSeek V3.2",
    '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" string="true">Köln</｜DSML｜parameter>\n<｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name="now">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
    2,
  ],
  [
    "Claude",
    '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Köln</parameter>\n<parameter name="days">3</parameter>\n</invoke>\n</function_calls>',
    1,
  ],
  [
    "Mistral, as a list",
    `[TOOL_CALLS][{"name": "get_weather", "arguments": ${ARGS}}, {"name": "now", "arguments": {}}]`,
    2,
  ],
  ["Mistral, by name", `[TOOL_CALLS]get_weather[ARGS]${ARGS}[TOOL_CALLS]now[ARGS]{}`, 2],
  ["Mistral, with ids", `[TOOL_CALLS]get_weather[CALL_ID]a1b2c3d4e[ARGS]${ARGS}`, 1],
  ["Mistral, bare", `[TOOL_CALLS]get_weather${ARGS}`, 1],
];

async function asked(text: string, offered: readonly Tool[] | null = tools, provider = plain): Promise<ChatReply> {
  server.answer(json(whole({ content: text })));
  return provider.chat({ messages: HELLO, max_tokens: 100, tools: offered }, context());
}

async function streamed(pieces: readonly string[]): Promise<ChatReply> {
  const events = pieces.map((content) => chunk({ content }));
  server.answer(sse([...events, chunk({}, { finish_reason: "stop" })]));
  const assembler = createAssembler();
  for await (const one of plain.stream({ messages: HELLO, tools }, context())) assembler.push(one);
  return assembler.reply();
}

const callsOf = ({ choices: [{ message }] }: ChatReply) =>
  message.tool_calls?.map((call) =>
    "function" in call ? [call.function.name, JSON.parse(call.function.arguments)] : [],
  );

describe.each(FORMS)("a call that leaks as %s writes it", (_, text, count) => {
  const calls = [
    ["get_weather", { city: "Köln", days: 3 }],
    ["now", {}],
  ].slice(0, count);

  it("is a call, whole and streamed, with text before it", async () => {
    for (const reply of [await asked(text), await streamed([text]), await asked(text, tools, moonshot)]) {
      expect(callsOf(reply)).toEqual(calls);
      expect(reply.choices[0].finish_reason).toBe("tool_calls");
      expect(reply.choices[0].message.content).toBe(null);
    }
    const spoken = await asked(`One moment.\n${text}`);
    expect(callsOf(spoken)).toEqual(calls);
    expect(spoken.choices[0].message.content).toBe("One moment.\n");
  });

  it("is the same call wherever it is cut", async () => {
    const { choices } = await streamed([text]);
    for (let at = 1; at < text.length; at += 5)
      expect((await streamed([text.slice(0, at), text.slice(at)])).choices).toEqual(choices);
    expect((await streamed([...text])).choices).toEqual(choices);
  });

  it("is text if no tool, or another, was offered", async () => {
    const other: Tool[] = [{ type: "function", function: { name: "other", parameters: { type: "object" } } }];
    for (const offered of [null, other]) {
      const { message, finish_reason: finish } = (await asked(text, offered)).choices[0];
      expect([message.content, message.tool_calls, finish]).toEqual([text, undefined, "stop"]);
    }
  });

  it("is text if it was cut off", async () => {
    const cut = text.slice(0, text.indexOf("Köln") + 2);
    const { message } = (await asked(cut)).choices[0];
    expect([message.content, message.tool_calls]).toEqual([cut, undefined]);
  });
});

it("text that speaks of the marks stays as it is", async () => {
  for (const text of [
    "[1] and [TOOL_CALLS] mark calls",
    "a < b [c] <|x|>",
    "<function=f> is how it begins",
    "[TOOL_CALLS]",
  ])
    expect((await streamed([...text])).choices[0].message.content).toBe(text);
});

describe("a call in the thinking", () => {
  const [, text] = FORMS[0] as (typeof FORMS)[number];
  const said = async (deltas: readonly object[], finish = "stop") => {
    server.answer(sse([...deltas.map((delta) => chunk(delta)), chunk({}, { finish_reason: finish })]));
    const assembler = createAssembler();
    for await (const one of plain.stream({ messages: HELLO, tools }, context())) assembler.push(one);
    return assembler.reply();
  };
  const thought = (piece: string) => ({ reasoning_content: piece });

  it("is a call if the answer says nothing else, whole and streamed, cut anywhere", async () => {
    const expected = [
      ["get_weather", { city: "Köln", days: 3 }],
      ["now", {}],
    ];
    server.answer(json(whole({ content: null, reasoning_content: `Hm. ${text}` })));
    const replies = [await plain.chat({ messages: HELLO, tools }, context())];
    for (let at = 1; at < text.length; at += 7)
      replies.push(await said([thought("Hm. "), thought(text.slice(0, at)), thought(text.slice(at))]));
    replies.push(await said([...`Hm. ${text}`].map(thought)), await said([{ content: `<think>Hm. ${text}</think>` }]));
    for (const reply of replies) {
      expect(callsOf(reply)).toEqual(expected);
      expect(reply.choices[0].finish_reason).toBe("tool_calls");
      expect(reply.choices[0].message.reasoning_content?.trim()).toBe("Hm.");
    }
  });

  it("is a thought if an answer, or a call, follows, or the answer was cut off", async () => {
    const answered = await said([thought(`Hm. ${text}`), thought(" So."), { content: "Sunny." }]);
    const { message } = answered.choices[0];
    expect([message.reasoning_content, message.content, message.tool_calls]).toEqual([
      `Hm. ${text} So.`,
      "Sunny.",
      undefined,
    ]);
    const own = { index: 0, id: "c1", function: { name: "now", arguments: "{}" } };
    const called = await said([thought(text), { tool_calls: [own] }], "tool_calls");
    expect(callsOf(called)).toEqual([["now", {}]]);
    expect(called.choices[0].message.reasoning_content).toBe(text);
    const cut = await said([thought(text)], "length");
    expect([callsOf(cut), cut.choices[0].message.reasoning_content]).toEqual([undefined, text]);
  });
});

it("a closing think tag that begins the text belongs to nobody, wherever it is cut", async () => {
  const text = "\n</think>\n\nSunny.";
  expect((await asked(text)).choices[0].message.content).toBe("Sunny.");
  for (let at = 1; at < text.length; at++)
    expect((await streamed([text.slice(0, at), text.slice(at)])).choices[0].message.content).toBe("Sunny.");
  expect((await asked("The tag </think> ends it.")).choices[0].message.content).toBe("The tag </think> ends it.");
});
