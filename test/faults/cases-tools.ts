import assert from "node:assert/strict";
import { answers, DONE, delta, finishEvent, roleEvent, stream } from "signalbox/testing";
import { functionOf } from "../../src/chat/message.js";
import { type FaultCase, trial } from "./case.js";

const piece = (index: number, fields: { id?: string; name?: string; arguments?: string }): string => {
  const { id, name, arguments: args } = fields;
  return delta({
    tool_calls: [
      {
        index,
        ...(id === undefined ? {} : { id, type: "function" }),
        function: { ...(name === undefined ? {} : { name }), arguments: args ?? "" },
      },
    ],
  });
};
const letters = (index: number, text: string) => [...text].map((letter) => piece(index, { arguments: letter }));
const tools = [{ type: "function", function: { name: "look_up" } }] as const;
const ARGS = '{"city":"北京","days":3}';

export const TOOL_CASES: readonly FaultCase[] = [
  {
    number: 79,
    fault: "tool arguments one character at a time",
    expected: "assembled",
    run: () =>
      trial({}, async (t) => {
        t.a.script(
          stream([
            roleEvent(),
            piece(0, { id: "c1", name: "look_up" }),
            ...letters(0, ARGS),
            finishEvent("tool_calls"),
            DONE,
          ]),
        );
        const { reply } = await t.stream({ tools });
        assert.deepEqual(reply?.choices[0].message.tool_calls, [
          { id: "c1", type: "function", function: { name: "look_up", arguments: ARGS } },
        ]);
        assert.equal(reply?.choices[0].finish_reason, "tool_calls");
      }),
  },
  {
    number: 80,
    fault: "two tool calls interleaved by index",
    expected: "each whole",
    run: () =>
      trial({}, async (t) => {
        const one = letters(0, '{"a":1}');
        const two = letters(1, '{"b":2}');
        const mixed = one.flatMap((part, at) => [part, two[at] as string]);
        t.a.script(
          stream([
            piece(0, { id: "c1", name: "f" }),
            piece(1, { id: "c2", name: "g" }),
            ...mixed,
            finishEvent("tool_calls"),
            DONE,
          ]),
        );
        const { reply } = await t.stream({ tools });
        const calls = reply?.choices[0].message.tool_calls?.map((call) => [
          call.id,
          functionOf(call)?.name,
          functionOf(call)?.arguments,
        ]);
        assert.deepEqual(calls, [
          ["c1", "f", '{"a":1}'],
          ["c2", "g", '{"b":2}'],
        ]);
      }),
  },
  {
    number: 81,
    fault: "cut inside tool arguments",
    expected: "stream_interrupted; no call is handed out, nothing cached",
    run: () =>
      trial({ router: { cache: { maxBytes: 1_000_000, ttlMs: 60_000, toolCalls: true } } }, async (t) => {
        t.a.script(
          stream([roleEvent(), piece(0, { id: "c1", name: "look_up" }), ...letters(0, ARGS).slice(0, 8)], "rst"),
        );
        t.a.otherwise(answers(null, { toolCalls: [{ id: "c2", name: "look_up", arguments: ARGS }] }));
        const { error, reply } = await t.stream({ tools });
        assert.deepEqual([error?.kind, reply], ["stream_interrupted", undefined]);
        assert.equal(t.b.requests.length, 0);
        const again = await t.stream({ tools });
        assert.equal(again.reply?.choices[0].message.tool_calls?.[0]?.id, "c2");
        assert.equal(t.a.requests.length, 2);
      }),
  },
];
