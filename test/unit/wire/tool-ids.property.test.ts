import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/chat/message.js";
import { sentToolIds, type ToolIdRule } from "../../../src/wire/tool-ids.js";

/** What the targets take: OpenAI, Anthropic, Mistral. */
const RULES: readonly (readonly [string, ToolIdRule, RegExp])[] = [
  ["OpenAI", { maxLength: 40 }, /^[\s\S]{1,40}$/],
  ["Anthropic", { charset: "word", maxLength: 64, unique: true }, /^[a-zA-Z0-9_-]{1,64}$/],
  ["Mistral", { charset: "alnum", maxLength: 9, exact: true }, /^[a-zA-Z0-9]{9}$/],
];

const hostileId = fc.oneof(
  fc.constantFrom("", "functions.f:0", "call_1", "toolu_01", "x".repeat(64), "call|fc_123", "дв", "a\n", "abcdefghi"),
  fc.string({ maxLength: 80 }),
);

/** Answers of one to three calls, each call followed by its result, in order. */
const history = fc.array(fc.array(hostileId, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });

function messagesOf(turns: readonly (readonly string[])[]): Message[] {
  return turns.flatMap((ids): Message[] => [
    {
      role: "assistant",
      content: null,
      tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
    },
    ...ids.map((id): Message => ({ role: "tool", tool_call_id: id, content: "done" })),
  ]);
}

/** The ids of each turn's calls and of its results, as they would be sent. */
function sent(turns: readonly (readonly string[])[], rule: ToolIdRule) {
  const messages = messagesOf(turns);
  const ids = sentToolIds(messages, rule);
  let at = 0;
  return turns.map((turn) => {
    const calls = (ids?.[at] as readonly string[] | undefined) ?? turn;
    const results = turn.map((id, i) => (ids?.[at + 1 + i] as string | undefined) ?? id);
    at += turn.length + 1;
    return { calls, results };
  });
}

describe.each(RULES)("ids of any issuer on their way to %s", (_name, rule, legal) => {
  it("are legal, tell the calls of an answer apart, and results find their calls", () => {
    fc.assert(
      fc.property(history, (turns) => {
        const all: string[] = [];
        for (const { calls, results } of sent(turns, rule)) {
          for (const id of calls) expect(id).toMatch(legal);
          if (sentToolIds(messagesOf(turns), rule) !== undefined || rule.unique) {
            expect(results).toEqual(calls);
            all.push(...calls);
          }
        }
        if (rule.unique) expect(new Set(all).size).toBe(all.length);
      }),
      { numRuns: 300 },
    );
  });

  it("stay the same when the conversation goes on, so that prefix caches hit", () => {
    fc.assert(
      fc.property(history, (turns) => {
        // A turn whose ids need no change may be joined by one that does: only made ids are compared.
        const [before, after] = [sent(turns.slice(0, -1), rule), sent(turns, rule).slice(0, -1)];
        expect(after).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

it("ids that a target takes are not touched", () => {
  const messages = messagesOf([["call_1", "call_2"], ["call_3"]]);
  for (const [, rule] of RULES.slice(0, 2)) expect(sentToolIds(messages, rule)).toBeUndefined();
});
