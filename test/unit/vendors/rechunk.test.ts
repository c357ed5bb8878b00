import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { Provider } from "../../../src/contract/provider.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { block, messageStream } from "./anthropic-shapes.js";
import { chunk, context, HELLO, MODEL, sseText } from "./loopback.js";
import { calling, eventsOf, responseStream, saying, thinking } from "./responses-shapes.js";

/** A `fetch` whose body arrives in these pieces. */
function arriving(pieces: readonly Uint8Array[]): typeof fetch {
  return async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

async function read(
  make: (fetch: typeof globalThis.fetch) => Provider,
  pieces: readonly Uint8Array[],
  stop: string | null,
) {
  const provider = make(arriving(pieces));
  const assembler = createAssembler();
  const stream = provider.stream?.({ messages: HELLO, stop }, context());
  for await (const one of stream ?? []) assembler.push(one);
  return assembler.reply();
}

const tool = (piece: unknown) => chunk({ tool_calls: [piece] });
const END = chunk(
  {},
  { finish_reason: "stop", usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, cached_tokens: 2 } },
);
const apiKey = "test-key";
const base = { apiKey, baseURL: "http://127.0.0.1:1/v1" };

const STREAMS: readonly [string, (fetch: typeof globalThis.fetch) => Provider, string, string | null][] = [
  [
    "MiniMax: think tags, text, umlauts and emoji",
    (fetch) => minimax({ ...base, fetch }),
    sseText([
      chunk({ role: "", content: "<think>grübel 🤔" }),
      chunk({ content: "</think>\n\nDie Antwort: 4" }),
      chunk({ content: "2 🎉" }),
      END,
    ]),
    null,
  ],
  [
    "MiniMax: details, and a stop sequence cut here",
    (fetch) => minimax({ ...base, fetch }),
    sseText([
      chunk({ reasoning_content: "hm", reasoning_details: [{ type: "reasoning.text", index: 0, text: "hm" }] }),
      chunk({ content: "one STOP-HERE two" }),
      END,
    ]),
    "STOP-HERE",
  ],
  [
    "GLM: thinking, then two calls, CRLF and comments",
    (fetch) => glm({ ...base, fetch }),
    `: hello\r\n\r\n${sseText([
      chunk({ content: null, reasoning_content: "计算" }),
      tool({ index: 0, id: "a", type: "function", function: { name: "f", arguments: '{"城市":' } }),
      tool({ index: 0, function: { arguments: '"北京"}' } }),
      tool({ index: 1, id: "b", type: "function", function: { name: "g", arguments: "{}" } }),
      END,
    ]).replaceAll("\n", "\r\n")}`,
    null,
  ],
  [
    "Kimi: thinking, a call without an id, usage in the choice",
    (fetch) => kimi({ ...base, fetch }),
    sseText([
      chunk({ reasoning_content: "let me see" }),
      tool({ index: 0, id: "", function: { name: "f", arguments: "" } }),
      tool({ index: 0, function: { arguments: '{"a":1}' } }),
      {
        id: "c1",
        model: "m",
        created: 1,
        choices: [
          {
            index: 0,
            delta: {},
            finish_reason: "tool_calls",
            usage: { prompt_tokens: 9, completion_tokens: 4, cached_tokens: 2 },
          },
        ],
      },
    ]),
    null,
  ],
  [
    "any server: multi-line data, a last chunk with usage alone",
    (fetch) => openaiCompatible({ id: "p", baseURL: base.baseURL, models: [MODEL], fetch }),
    `${sseText([chunk({ role: "assistant", content: "4" })], { done: false })}data: {"id":"c1",\ndata: "choices":[{"index":0,"delta":{"content":"2"},"finish_reason":"stop"}]}\n\n${sseText([{ id: "c1", choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }])}`,
    null,
  ],
  [
    "MiniMax over the Anthropic wire: thinking with a signature, text, a call",
    (fetch) => minimax({ ...base, wire: "anthropic", fetch }),
    messageStream([
      block("thinking", ["gr", "übel 🤔"], "sig-1"),
      block("text", ["Ich ", "frage 🌍"]),
      block("tool_use", ['{"ort"', ':"Köln"}']),
    ]),
    null,
  ],
  [
    "the responses wire: sealed thinking, text, two calls",
    (fetch) => openaiCompatible({ id: "p", baseURL: base.baseURL, models: [MODEL], wire: "responses", fetch }),
    responseStream(
      eventsOf([
        thinking("grübel 🤔"),
        saying("Ich frage 🌍"),
        calling("a", "f", '{"ort":"Köln"}'),
        calling("b", "g", "{}"),
      ]),
    ),
    null,
  ],
  [
    "the responses wire: a stop sequence cut here",
    (fetch) => openaiCompatible({ id: "p", baseURL: base.baseURL, models: [MODEL], wire: "responses", fetch }),
    responseStream(eventsOf([saying("one STOP-HERE two")])),
    "STOP-HERE",
  ],
];

describe("the bytes of every stream, cut anywhere, give the same reply", () => {
  it.each(STREAMS)("%s", async (_name, make, text, stop) => {
    const bytes = new TextEncoder().encode(text);
    const expected: ChatReply = await read(make, [bytes], stop);
    expect(expected.choices[0].finish_reason).toBeDefined();
    const same = async (pieces: readonly Uint8Array[]) => {
      const got = await read(make, pieces, stop);
      // Ids that the library makes up, and the time, are not the vendor's to repeat.
      expect({ ...got, id: "", created: 0 }).toEqual({ ...expected, id: "", created: 0 });
    };
    for (let at = 1; at < bytes.length; at++) await same([bytes.subarray(0, at), bytes.subarray(at)]);
    await same(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (given) => {
        const marks = [0, ...given.sort((a, b) => a - b), bytes.length];
        await same(marks.slice(1).map((end, i) => bytes.subarray(marks[i], end)));
      }),
      { numRuns: 40 },
    );
  });

  it("text events cut into other events say the same, think tags and stop sequences included", async () => {
    const texts = fc.constantFrom(
      "<think>a b</think>\n\nc STOP d",
      "<thin is text STO",
      "<think>never closed",
      " <think></think>x",
      "STSTOPOP",
      "<think>a</think> </think> b",
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(40), { maxLength: 8 }), async (text, cuts) => {
        const marks = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const events = marks.slice(1).map((end, i) => chunk({ content: text.slice(marks[i], end) }));
        const make = (fetch: typeof globalThis.fetch) => minimax({ ...base, fetch });
        const encode = (list: unknown[]) => [new TextEncoder().encode(sseText([...list, END]))];
        const whole = await read(make, encode([chunk({ content: text })]), "STOP");
        const parts = await read(make, encode(events), "STOP");
        expect(parts.choices).toEqual(whole.choices);
      }),
      { numRuns: 200 },
    );
  });
});
