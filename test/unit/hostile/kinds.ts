import { createAssembler } from "../../../src/chat/assemble.js";
import type { ChatChunk } from "../../../src/chat/chunk.js";
import { fingerprint } from "../../../src/chat/fingerprint.js";
import { brokenJson, extractJson } from "../../../src/chat/json-output.js";
import { repairedJson } from "../../../src/chat/repair-json.js";
import type { Tool } from "../../../src/chat/request.js";
import { estimateTextTokens } from "../../../src/chat/text-tokens.js";
import { classify } from "../../../src/errors/classify.js";
import { createRedactor } from "../../../src/errors/redact.js";
import { read as readText } from "../../../src/memory/similarity-reading.js";
import { createCharacteristics } from "../../../src/strategies/characteristics/characteristics.js";
import { createBlockReader } from "../../../src/wire/anthropic/blocks.js";
import { parseJson } from "../../../src/wire/json.js";
import { createThoughtLeaks } from "../../../src/wire/openai/thought-leaks.js";
import { createToolCallReader } from "../../../src/wire/openai/tool-calls.js";
import { createToolMarkup } from "../../../src/wire/openai/tool-markup.js";
import { createSseParser } from "../../../src/wire/sse.js";
import { createStopCutter } from "../../../src/wire/stop-cutter.js";
import { createThinkSplitter } from "../../../src/wire/think-tags.js";

/** A kind of hostile text: prepares one of about `size` characters and returns the work on it. */
export interface HostileKind {
  readonly name: string;
  prepare(size: number): () => unknown;
}

const TOOLS: Tool[] = [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }];

/** As many of `unit` as fill `size` characters. */
const fill = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length));
const pieces = (unit: string, size: number): string[] => Array(Math.ceil(size / unit.length)).fill(unit);

/** One reader of text, given the text in one piece and then in many. */
function read(given: readonly string[], reader: { push(piece: string): unknown; flush(): unknown } | undefined): void {
  for (const piece of given) reader?.push(piece);
  reader?.flush();
}

function markup(name: string, unit: string, before = ""): HostileKind[] {
  return [
    {
      name: `markup in one piece: ${name}`,
      prepare: (size) => {
        const given = [before + fill(unit, size)];
        return () => read(given, createToolMarkup(TOOLS));
      },
    },
    {
      name: `markup in many pieces: ${name}`,
      prepare: (size) => {
        const given = [before, ...pieces(unit, size)];
        return () => read(given, createToolMarkup(TOOLS));
      },
    },
  ];
}

function onText(name: string, make: (size: number) => string, run: (text: string) => unknown): HostileKind {
  return {
    name,
    prepare(size) {
      const text = make(size);
      return () => run(text);
    },
  };
}

const failure = (text: string) =>
  classify(
    { status: 400, body: { error: { message: text } } },
    { provider: "p", nowWallMs: 0, secrets: createRedactor(() => ["a-key-of-ours-1234"]), sent: text, said: [text] },
  );

const repairs = (text: string) =>
  brokenJson(text).map((broken) =>
    repairedJson(broken, (given) => given.replace(/[a-z]/g, '"$&"').replaceAll("'", "")),
  );

const characteristics = (content: string) => {
  const { kind, complexity, tokens, needs } = createCharacteristics({ messages: [{ role: "user", content }] });
  return [kind, complexity, tokens, needs];
};

const chunkOf = (delta: ChatChunk["choices"][0]["delta"]): ChatChunk => ({
  id: "x",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: null }],
});

const encoder = new TextEncoder();

/** Everything that reads an answer, a prompt or an error, each with the texts that are worst for it. */
export const HOSTILE_KINDS: readonly HostileKind[] = [
  ...markup("calls of offered tools", "<tool_call>f</tool_call>"),
  ...markup("calls of unknown tools", "<tool_call>g</tool_call>"),
  ...markup("opening tags alone", "<tool_call>"),
  ...markup("closing tags alone", "</tool_call>", "<"),
  ...markup("a block that never closes", "x", "The tag <tool_call>"),
  ...markup("beginnings of tags", "<tool_cal"),
  ...markup("the other form", '<minimax:tool_call><invoke name="f"></invoke></minimax:tool_call>'),
  ...markup(
    "calls with many values",
    `<tool_call>f${fill("<arg_key>a</arg_key><arg_value>1</arg_value>", 9_000)}</tool_call>`,
  ),
  ...markup("Qwen's coders", "<function=f><parameter=a>1</parameter></function>"),
  ...markup("Qwen's coders, never closed", "<function=f><parameter=a>", "<function="),
  ...markup("Kimi", "<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}<|tool_call_end|>"),
  ...markup("Kimi's section, never closed", "<|tool_call_begin|>f<|tool_call_end|>", "<|tool_calls_section_begin|>"),
  ...markup(
    "DeepSeek",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
  ),
  ...markup("DeepSeek, never closed", "<｜tool▁call▁begin｜>f<｜tool▁sep｜>{", "<｜tool▁calls▁begin｜>"),
  ...markup("DSML", '<｜DSML｜invoke name="f">', "<｜DSML｜function_calls>"),
  ...markup("invocations", '<function_calls><invoke name="f"></invoke></function_calls>'),
  ...markup("Mistral", "[TOOL_CALLS]f[ARGS]{}"),
  ...markup("Mistral's brackets", "[TOOL_CALLS", "[TOOL_CALLS]["),
  ...markup("Llama", '{"name":"f"};', "<|python_tag|>"),
  ...markup("brackets and tags", "[<"),
  {
    name: "markup in thinking, in many pieces",
    prepare: (size) => {
      const given = [...pieces("<tool_call>f</tool_call> [x", size / 2), ...pieces("<tool_call>", size / 2)];
      return () => {
        const leaks = createThoughtLeaks(TOOLS);
        for (const piece of given) leaks?.push(piece);
        leaks?.end(true);
      };
    },
  },
  ...markup("white space after a call", " \n", "<tool_call>f</tool_call>"),
  {
    name: "think tags that never close",
    prepare: (size) => {
      const given = ["<think>", ...pieces("</thin", size)];
      return () => read(given, createThinkSplitter());
    },
  },
  {
    name: "blanks before a think tag",
    prepare: (size) => {
      const given = pieces(" ", size);
      return () => read(given, createThinkSplitter());
    },
  },
  {
    name: "beginnings of stop sequences",
    prepare: (size) => {
      const given = pieces("STO", size);
      return () => read(given, createStopCutter(["STOP", "STOSTOSTOP", "S"]));
    },
  },
  onText("JSON in text: openings alone", (size) => fill("{", size), extractJson),
  onText("JSON in text: lists that are no answer", (size) => fill("[1] ", size), extractJson),
  onText("JSON in text: fences", (size) => fill("```\n{\n", size), extractJson),
  onText("JSON in text: quotes", (size) => fill('{"', size), extractJson),
  onText("nearly right JSON: names", (size) => `{${fill("a:'x',", size)}}`, repairs),
  onText("nearly right JSON: quotes", (size) => `{"a":"${fill('"', size)}`, repairs),
  onText("nearly right JSON: comments", (size) => `{a:1,${fill("/*/", size)}}`, repairs),
  onText("a body of many lists", (size) => `[${pieces("[]", size).join()}]`, parseJson),
  onText("a body of many keys", (size) => `{${pieces('"a":1', size).join()}}`, parseJson),
  onText("an error text of one word", (size) => fill("a", size), failure),
  onText("an error text that echoes", (size) => fill("abcdefghij", size), failure),
  onText("an error text of key-shaped words", (size) => fill("sk-abcdefgh-eyJ-", size), failure),
  onText("an error text of blanks", (size) => fill(" \t", size), failure),
  onText("an error text of digits", (size) => fill("in 1 2 minutes 3s ", size), failure),
  onText("a key's form without end", (size) => fill("Bearer api_key: x-api-key=", size), failure),
  {
    name: "tool ids: all different",
    prepare: (size) => {
      const chunks = Array.from({ length: Math.ceil(size / 64) }, (_, i) =>
        chunkOf({
          tool_calls: [{ index: i, id: `call_${i}`, type: "function", function: { name: "f", arguments: "{}" } }],
        }),
      );
      return () => {
        const assembler = createAssembler();
        for (const chunk of chunks) assembler.push(chunk);
        return assembler.reply();
      };
    },
  },
  {
    name: "tool ids: the name on every piece",
    prepare: (size) => {
      const given = ['{"a":[', ...pieces("{},", size)];
      return () => {
        const reader = createToolCallReader("x");
        for (const text of given) reader.read([{ index: 0, function: { name: "f", arguments: text } }]);
      };
    },
  },
  {
    name: "arguments in many pieces, on the Anthropic wire",
    prepare: (size) => {
      const given = pieces("{}", size);
      return () => {
        const reader = createBlockReader();
        reader.start(0, { type: "tool_use", id: "a", name: "f", input: {} });
        for (const text of given) reader.add(0, { type: "input_json_delta", partial_json: text });
        return reader.stop(0);
      };
    },
  },
  onText(
    "a stream of comments",
    (size) => fill(":\n", size),
    (text) => createSseParser().push(encoder.encode(text)),
  ),
  onText("a prompt of one word", (size) => fill("a", size), characteristics),
  onText("a prompt of signs", (size) => fill("?!`*#", size), characteristics),
  onText("a prompt of half numbers", (size) => fill("1.-'", size), characteristics),
  onText("a prompt in Chinese", (size) => fill("请问为什么", size), characteristics),
  onText("a prompt's tokens", (size) => fill("aA1 \u{1f600}", size), estimateTextTokens),
  onText(
    "a prompt's key",
    (size) => fill('"\\\u0001', size),
    (content) => fingerprint({ messages: [{ role: "user", content }] }, { namespace: "" }),
  ),
  ...["n't'", "a'b", "1,2.", '"', "「", "('s "].map((unit) =>
    onText(`similarity of ${unit}`, (size) => fill(unit, size), readText),
  ),
];
