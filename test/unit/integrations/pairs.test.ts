import Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { isRaw, type Raw } from "../../../src/chat/responses/items.js";
import type { Provider } from "../../../src/contract/provider.js";
import { createFetch as messagesDoor } from "../../../src/integrations/anthropic/index.js";
import { createFetch as openaiDoor } from "../../../src/integrations/openai/index.js";
import { createRouter } from "../../../src/router/create-router.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { modelInfo } from "./support.js";

/** A call of a tool: its id, its name, its arguments. */
type Call = readonly [id: string, name: string, args: string];

interface Answer {
  readonly reasoning: string;
  readonly text: string;
  readonly calls: readonly Call[];
  readonly cut: boolean;
}

/** A dialogue, as an app would hold it: what the user says, what was answered, what the tools gave. */
type Turn =
  | { readonly user: string; readonly picture: boolean }
  | { readonly text: string; readonly calls: readonly Call[]; readonly results: readonly string[] };

interface Dialogue {
  readonly system: string;
  readonly turns: readonly Turn[];
  readonly answer: Answer;
}

const PICTURE = "data:image/png;base64,iVBORw0KGgo=";
const MODEL = modelInfo("m", { maxOutput: 8_000 });

/** What an upstream was sent or a client got, without any API's form: roles, texts, calls, results, pictures. */
type Plain = readonly (readonly unknown[])[];

interface Wire {
  readonly provider: (fetch: typeof globalThis.fetch) => Provider;
  /** A request of this wire, read. */
  readonly read: (body: Raw) => Plain;
  /** The answer as its vendor gives it. `seal` is what the vendor wants to see again. */
  readonly write: (answer: Answer, seal: string) => unknown;
}

const list = (value: unknown): readonly Raw[] => (Array.isArray(value) ? value.filter(isRaw) : []);
const textIn = (content: unknown): string =>
  typeof content === "string"
    ? content
    : list(content)
        .map(({ text }) => (typeof text === "string" ? text : ""))
        .join("");
const picturesIn = (content: unknown): number =>
  list(content).filter(({ type }) => String(type).includes("image")).length;
const said = (role: unknown, content: unknown): unknown[] => [String(role), textIn(content), picturesIn(content)];
const args = (value: unknown): string => JSON.stringify(typeof value === "string" ? JSON.parse(value) : value);
const base = { id: "up", apiKey: "k", baseURL: "https://vendor.invalid/v1", models: [MODEL] } as const;

const WIRES: { readonly [name: string]: Wire } = {
  chat: {
    provider: (fetch) =>
      openaiCompatible({ ...base, fetch, chatUpstream: "whole", replayReasoning: "reasoning_content" }),
    read: (body) =>
      list(body.messages).flatMap((message) => {
        if (message.role === "tool") return [["result", message.tool_call_id, textIn(message.content)]];
        const calls = list(message.tool_calls).map((call) => {
          const named = call.function as Raw;
          return ["call", call.id, named.name, args(named.arguments)];
        });
        const thought = message.reasoning_content ? [["kept", message.reasoning_content]] : [];
        const text = textIn(message.content) === "" && calls.length > 0 ? [] : [said(message.role, message.content)];
        return [...thought, ...text, ...calls];
      }),
    write: ({ reasoning, text, calls, cut }) => {
      const message = {
        role: "assistant",
        content: text === "" ? null : text,
        ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map(([id, name, given]) => ({
                id,
                type: "function",
                function: { name, arguments: given },
              })),
            }),
      };
      const finish_reason = cut ? "length" : calls.length > 0 ? "tool_calls" : "stop";
      const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
      return { id: "c1", created: 1, model: "m", choices: [{ index: 0, message, finish_reason }], usage };
    },
  },
  messages: {
    provider: (fetch) =>
      anthropicCompatible({ ...base, baseURL: "https://vendor.invalid", fetch, chatUpstream: "whole" }),
    read: (body) => {
      const turns = list(body.messages).flatMap(({ role, content }) => {
        if (typeof content === "string") return [said(role, content)];
        const blocks = list(content);
        const spoken = blocks.filter(({ type }) => type === "text" || type === "image");
        return [
          ...blocks.flatMap((block): unknown[][] => {
            if (block.type === "tool_result") return [["result", block.tool_use_id, textIn(block.content)]];
            return block.type === "thinking" ? [["kept", block.signature]] : [];
          }),
          ...(spoken.length > 0 ? [said(role, spoken)] : []),
          ...blocks.flatMap((block): unknown[][] =>
            block.type === "tool_use" ? [["call", block.id, block.name, args(block.input)]] : [],
          ),
        ];
      });
      return body.system ? [said("system", body.system), ...turns] : turns;
    },
    write: ({ reasoning, text, calls, cut }, seal) => ({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [
        ...(reasoning === "" ? [] : [{ type: "thinking", thinking: reasoning, signature: seal }]),
        ...(text === "" ? [] : [{ type: "text", text }]),
        ...calls.map(([id, name, given]) => ({ type: "tool_use", id, name, input: JSON.parse(given) as unknown })),
      ],
      stop_reason: cut ? "max_tokens" : calls.length > 0 ? "tool_use" : "end_turn",
      usage: { input_tokens: 9, output_tokens: 4 },
    }),
  },
  responses: {
    provider: (fetch) => openaiCompatible({ ...base, fetch, wire: "responses", chatUpstream: "whole" }),
    read: (body) => {
      const items = list(body.input).flatMap((item): unknown[][] => {
        if (item.type === "function_call") return [["call", item.call_id, item.name, args(item.arguments)]];
        if (item.type === "function_call_output") return [["result", item.call_id, textIn(item.output)]];
        return item.type === "reasoning" ? [["kept", item.encrypted_content]] : [said(item.role, item.content)];
      });
      return body.instructions ? [said("system", body.instructions), ...items] : items;
    },
    write: ({ reasoning, text, calls, cut }, seal) => ({
      id: "resp_1",
      object: "response",
      created_at: 1,
      model: "m",
      status: cut ? "incomplete" : "completed",
      incomplete_details: cut ? { reason: "max_output_tokens" } : null,
      output: [
        ...(reasoning === ""
          ? []
          : [
              {
                type: "reasoning",
                id: "rs_1",
                summary: [{ type: "summary_text", text: reasoning }],
                encrypted_content: seal,
              },
            ]),
        ...(text === ""
          ? []
          : [
              {
                type: "message",
                id: "msg_1",
                role: "assistant",
                content: [{ type: "output_text", text, annotations: [] }],
              },
            ]),
        ...calls.map(([id, name, given]) => ({
          type: "function_call",
          id: `fc_${id}`,
          call_id: id,
          name,
          arguments: given,
        })),
      ],
      usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
    }),
  },
};

interface Door {
  /** The dialogue in this API's form. */
  readonly history: (dialogue: Dialogue) => unknown[];
  /** Asks; what the client got, and its answer in the form that goes back. */
  readonly ask: (
    target: Provider,
    system: string,
    history: unknown[],
    stream: boolean,
  ) => Promise<{ got: Answer; back: unknown[] }>;
  readonly user: (text: string, picture: boolean) => unknown;
  readonly results: (calls: readonly Call[], results: readonly string[]) => unknown[];
}

const TOOL = { name: "f", parameters: { type: "object", properties: {} } };

const chatDoor: Door = {
  user: (text, picture) => ({
    role: "user",
    content: picture
      ? [
          { type: "text", text },
          { type: "image_url", image_url: { url: PICTURE } },
        ]
      : text,
  }),
  results: (calls, results) =>
    calls.map(([id], at) => ({ role: "tool", tool_call_id: id, content: results[at] ?? "" })),
  history: ({ turns }) =>
    turns.flatMap((turn): unknown[] => {
      if ("user" in turn) return [chatDoor.user(turn.user, turn.picture)];
      const calls = turn.calls.map(([id, name, given]) => ({
        id,
        type: "function",
        function: { name, arguments: given },
      }));
      const message = {
        role: "assistant",
        content: turn.text || null,
        ...(calls.length > 0 ? { tool_calls: calls } : {}),
      };
      return [message, ...chatDoor.results(turn.calls, turn.results)];
    }),
  async ask(target, system, history, stream) {
    const { completions } = new OpenAI({ apiKey: "x", baseURL: "http://d/v1", fetch: openaiDoor(target) }).chat;
    const messages = [...(system ? [{ role: "system", content: system }] : []), ...history] as never;
    const asked = { model: "auto", messages, tools: [{ type: "function" as const, function: TOOL }] };
    const completion = stream ? await completions.stream(asked).finalChatCompletion() : await completions.create(asked);
    const [choice] = completion.choices;
    const message = choice?.message as unknown as Raw;
    const calls = list(message.tool_calls).map((call): Call => {
      const named = call.function as Raw;
      return [String(call.id), String(named.name), args(named.arguments)];
    });
    const got = {
      reasoning: String(message.reasoning_content ?? ""),
      text: String(message.content ?? ""),
      calls,
      cut: choice?.finish_reason === "length",
    };
    return { got, back: [message] };
  },
};

const responsesDoor: Door = {
  user: (text, picture) => ({
    role: "user",
    content: picture
      ? [
          { type: "input_text", text },
          { type: "input_image", image_url: PICTURE },
        ]
      : text,
  }),
  results: (calls, results) =>
    calls.map(([id], at) => ({ type: "function_call_output", call_id: id, output: results[at] ?? "" })),
  history: ({ turns }) =>
    turns.flatMap((turn): unknown[] => {
      if ("user" in turn) return [responsesDoor.user(turn.user, turn.picture)];
      const text = turn.text === "" ? [] : [{ role: "assistant", content: turn.text }];
      const calls = turn.calls.map(([id, name, given]) => ({
        type: "function_call",
        call_id: id,
        name,
        arguments: given,
      }));
      return [...text, ...calls, ...responsesDoor.results(turn.calls, turn.results)];
    }),
  async ask(target, system, history, stream) {
    const { responses } = new OpenAI({ apiKey: "x", baseURL: "http://d/v1", fetch: openaiDoor(target) });
    const tools = [{ type: "function" as const, ...TOOL, strict: false }];
    const asked = { model: "auto", input: history as never, tools, ...(system ? { instructions: system } : {}) };
    const response = stream ? await responses.stream(asked).finalResponse() : await responses.create(asked);
    const output = response.output as unknown as Raw[];
    const texts = (type: string, field: string) =>
      output
        .filter((item) => item.type === type)
        .map((item) => textIn(item[field]))
        .join("");
    const got = {
      reasoning: texts("reasoning", "summary"),
      text: texts("message", "content"),
      calls: output
        .filter(({ type }) => type === "function_call")
        .map((item): Call => [String(item.call_id), String(item.name), args(item.arguments)]),
      cut: response.incomplete_details?.reason === "max_output_tokens",
    };
    return { got, back: output };
  },
};

const messageDoor: Door = {
  user: (text, picture) => {
    const source = { type: "base64", media_type: "image/png", data: PICTURE.slice(PICTURE.indexOf(",") + 1) };
    return {
      role: "user",
      content: picture
        ? [
            { type: "text", text },
            { type: "image", source },
          ]
        : text,
    };
  },
  results: (calls, results) => [
    {
      role: "user",
      content: calls.map(([id], at) => ({ type: "tool_result", tool_use_id: id, content: results[at] ?? "" })),
    },
  ],
  history: ({ turns }) =>
    turns.flatMap((turn): unknown[] => {
      if ("user" in turn) return [messageDoor.user(turn.user, turn.picture)];
      const content = [
        ...(turn.text === "" ? [] : [{ type: "text", text: turn.text }]),
        ...turn.calls.map(([id, name, given]) => ({ type: "tool_use", id, name, input: JSON.parse(given) as unknown })),
      ];
      return [
        { role: "assistant", content },
        ...(turn.calls.length > 0 ? messageDoor.results(turn.calls, turn.results) : []),
      ];
    }),
  async ask(target, system, history, stream) {
    const { messages } = new Anthropic({ apiKey: "x", baseURL: "http://d", fetch: messagesDoor(target) });
    const tools = [{ name: TOOL.name, input_schema: TOOL.parameters as { type: "object" } }];
    const asked = {
      model: "auto",
      max_tokens: 4_000,
      messages: history as never,
      tools,
      ...(system ? { system } : {}),
    };
    const message = stream ? await messages.stream(asked).finalMessage() : await messages.create(asked);
    const content = message.content as unknown as Raw[];
    const texts = (type: string, field: string) =>
      content
        .filter((block) => block.type === type)
        .map((block) => String(block[field]))
        .join("");
    const got = {
      reasoning: texts("thinking", "thinking"),
      text: texts("text", "text"),
      calls: content
        .filter(({ type }) => type === "tool_use")
        .map((block): Call => [String(block.id), String(block.name), args(block.input)]),
      cut: message.stop_reason === "max_tokens",
    };
    return { got, back: [{ role: "assistant", content }] };
  },
};

const DOORS = { chat: chatDoor, responses: responsesDoor, messages: messageDoor };

/** Two requests through one pair: the dialogue, then its answer sent back with what follows it. */
async function through(door: Door, wire: Wire, dialogue: Dialogue, stream: boolean) {
  const sent: Plain[] = [];
  const provider = wire.provider(async (_url, init) => {
    sent.push(wire.read(JSON.parse(String(init?.body)) as Raw));
    return Response.json(wire.write(dialogue.answer, "sealed by the vendor"));
  });
  const router = createRouter({ providers: [provider] });
  const history = door.history(dialogue);
  const { got, back } = await door.ask(router as never, dialogue.system, history, stream);
  const { calls } = dialogue.answer;
  const next =
    calls.length > 0
      ? door.results(
          calls,
          calls.map(([id]) => `result of ${id}`),
        )
      : [door.user("go on", false)];
  await door.ask(router as never, dialogue.system, [...history, ...back, ...next], stream);
  await router.close();
  return { got, sent };
}

const words = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() !== "" && !text.includes("<"));
const argument = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify({ value }));
const callsOf = (turn: number, most: number) =>
  fc
    .array(argument, { maxLength: most })
    .map((all) => all.map((given, at): Call => [`call_${turn}_${at}`, "f", given]));

const dialogues: fc.Arbitrary<Dialogue> = fc.record({
  system: fc.oneof(fc.constant(""), words),
  turns: fc
    .array(fc.tuple(words, fc.boolean(), fc.oneof(fc.constant(""), words), callsOf(0, 2), words), { maxLength: 3 })
    .chain((rounds) =>
      words.map((last): Turn[] => [
        ...rounds.flatMap(([user, picture, text, given, result], turn): Turn[] => {
          const calls = given.map(([, name, value], at): Call => [`call_${turn}_${at}`, name, value]);
          const answered = text === "" && calls.length === 0 ? "yes" : text;
          return [
            { user, picture },
            { text: answered, calls, results: calls.map((_, at) => `${result} ${at}`) },
          ];
        }),
        { user: last, picture: false },
      ]),
    ),
  answer: fc.record({
    reasoning: fc.oneof(fc.constant(""), words),
    text: words,
    calls: callsOf(9, 3),
    cut: fc.boolean(),
  }),
});

describe.each(Object.entries(WIRES))("nine pairs, one truth: the %s wire", (_name, wire) => {
  it.each(Object.entries(DOORS))("behind the %s door", async (_door, door) => {
    await fc.assert(
      fc.asyncProperty(dialogues, fc.boolean(), async (dialogue, stream) => {
        const { reasoning, text, calls, cut } = dialogue.answer;
        // A cut answer that calls tools is told as one or the other: the vendors differ.
        const answer: Answer = { reasoning, text, calls: cut ? [] : calls, cut };
        const given = { ...dialogue, answer };
        const direct = await through(chatDoor, wire, given, false);
        const pair = await through(door, wire, given, stream);
        expect(pair.got).toEqual({
          ...answer,
          calls: answer.calls.map(([id, name, value]) => [id, name, args(value)]),
        });
        expect(pair.sent).toEqual(direct.sent);
        // What the vendor gave to see again came back to it, whichever door it went through.
        const kept = pair.sent[1]?.filter(([what]) => what === "kept") ?? [];
        expect(kept.length).toBe(reasoning === "" ? 0 : 1);
      }),
      { numRuns: 15, seed: 17 },
    );
  });
});
