import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../../src/chat/request.js";
import { createReply, createRouter, type ModelInfo } from "../../../src/index.js";
import { askedChars } from "../../../src/strategies/characteristics/material.js";
import { readStep } from "../../../src/strategies/characteristics/step.js";

type Messages = ChatRequest["messages"];

const model = (id: string, tier: 1 | 3, input: number): ModelInfo => ({
  id,
  tier,
  contextWindow: 1_000_000,
  maxOutput: 8_000,
  usdPerMTok: { input, output: 4 * input },
  capabilities: { tools: true, vision: false, thinking: "none", json: "none" },
});

/** The model that a router without any history would ask first. */
function coldChoice(messages: Messages): string {
  const router = createRouter({
    providers: [
      {
        id: "p",
        models: [model("cheap", 1, 0.25), model("dear", 3, 5)],
        chat: async () => createReply({ model: "cheap", text: "" }),
      },
    ],
  });
  return router.explain({ messages }).candidates[0]!.model;
}

const work = (results: readonly string[]): Messages => [
  { role: "system", content: "You work in a repository." },
  { role: "user", content: "Make the parser accept empty lines." },
  ...results.flatMap((content, at) => [
    {
      role: "assistant" as const,
      content: null,
      tool_calls: [{ id: `c${at}`, type: "function" as const, function: { name: "run", arguments: "{}" } }],
    },
    { role: "tool" as const, tool_call_id: `c${at}`, content },
  ]),
];

const CODE = {
  python: "def parse(text):\n    for line in text:\n        return line\n",
  typescript: "export function parse(text: string) {\n  const lines = text.split();\n  return lines;\n}",
  go: "package main\n\nfunc parse(s string) {\n",
  stack: 'Traceback (most recent call last):\n  File "a.py", line 3, in parse\nValueError: bad\n',
  diff: "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n",
};

describe("a step of an agent", () => {
  it.each(Object.entries(CODE))("that works on code wants the dear model: %s", (_language, code) => {
    expect(readStep({ messages: work([code]) })).toMatchObject({ kind: "tools", code: 1 });
    expect(coldChoice(work(["ok", code]))).toBe("dear");
  });

  it("that reads mail or notes does not", () => {
    const notes = ["Meeting at ten. Bring the slides.", '{"status": "error", "error": "ENOENT"}', "- bread\n- milk"];
    expect(coldChoice(work(notes))).toBe("cheap");
  });

  it("that only looks around first does not, however long its task is", () => {
    const task = "Please make the parser accept empty lines, and keep the order of fields.\n".repeat(60);
    const messages: Messages = [
      { role: "system", content: "You can use a computer shell." },
      { role: "user", content: task },
    ];
    expect(readStep({ messages }).kind).toBe("opening");
    expect(coldChoice(messages)).toBe("cheap");
    const tools = [{ type: "function" as const, function: { name: "read_file", parameters: {} } }];
    expect(readStep({ messages: [{ role: "user", content: task }], tools }).kind).toBe("opening");
  });
});

describe("length is not difficulty", () => {
  const passage =
    "The river rises in the north and flows through four lakes before it meets the sea near the old town. ";

  it.each<[string, string]>([
    ["passages", `[Passage 1] ${passage.repeat(20)}\n\nWhere does the river rise?`],
    [
      "a transcript",
      `${"Anna: we should meet at ten, I think.\nBen: fine by me.\n".repeat(60)}\nWho proposed the time?`,
    ],
    [
      "a Chinese transcript",
      `${"张伟：我们十点开会吧，大家有空吗？\n李娜：可以的，没有问题。\n".repeat(60)}\n谁提议了时间？`,
    ],
    ["a log", `${"2026-11-02 10:00:01 request served in 12 ms\n".repeat(60)}\nHow many were served?`],
    ["fenced material", `Summarise:\n\`\`\`\n${`${passage}\n`.repeat(20)}\`\`\``],
    ["a tagged document", `<document>\n${`${passage}\n`.repeat(20)}</document>\nSummarise it.`],
    ["a quote", `${`> ${passage}\n`.repeat(20)}\nDo you agree?`],
  ])("%s in the prompt", (_name, content) => {
    expect(askedChars(content)).toBeLessThan(60);
    expect(readStep({ messages: [{ role: "user", content }] }).kind).toBe("grounded");
    expect(coldChoice([{ role: "user", content }])).toBe("cheap");
  });

  it("material of an earlier message", () => {
    const messages: Messages = [
      { role: "user", content: passage.repeat(20) },
      { role: "assistant", content: "Thank you." },
      { role: "user", content: "Where does it rise?" },
    ];
    expect(readStep({ messages }).kind).toBe("grounded");
  });

  it("but a question is read whole", () => {
    const asked = "Show that the sum converges and give its limit, for every a above one. ".repeat(9);
    expect(askedChars(asked)).toBe(asked.length);
    expect(readStep({ messages: [{ role: "user", content: asked }] }).kind).toBe("question");
  });

  it("takes time in proportion to the text", () => {
    expect(askedChars(`${"<a".repeat(2_000_000)}\nWhy?`)).toBeLessThan(40_000);
  });
});
