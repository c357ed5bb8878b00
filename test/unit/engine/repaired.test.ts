import { jsonrepair } from "jsonrepair";
import { type ChatReply, createReply, createRouter, type FinishReason, type Tool } from "signalbox";
import { createRouter as leanRouter, ordered, output as outputFeature } from "signalbox/lean";
import { testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { functionOf } from "../../../src/chat/message.js";
import { ask, eventsOf, failureOf, listenTo, provider } from "./support.js";

const output = z.object({ a: z.number(), b: z.string().optional() });
const tools: Tool[] = [
  {
    type: "function",
    function: {
      name: "find",
      parameters: { type: "object", properties: { q: { type: "string" }, most: { type: "integer" } }, required: ["q"] },
    },
  },
];
const called = (text: string, finishReason: FinishReason = "tool_calls") =>
  createReply({
    toolCalls: [{ id: "1", type: "function", function: { name: "find", arguments: text } }],
    finishReason,
  });
const argumentsOf = ({ choices }: ChatReply) => functionOf(choices[0].message.tool_calls?.[0])?.arguments ?? "";
const replying = (id: string, reply: ChatReply) => ({ id, models: [testModel("m")], chat: async () => reply });

describe("an output that is nearly right JSON", () => {
  test.each([
    ["a trailing comma", '{"a":1,}'],
    ["single quotes", "{'a':1}"],
    ["a name without quotes", "{a:1}"],
    ["a bracket that was forgotten", '{"a":1,"b":"x"'],
    ["prose around it", "Sure [as asked]: {a:1,} Hope it helps"],
    ["a fence", "```json\n{a:1,}\n```"],
    ["a valid part within", '{"a":1,"c":{"a":2},}'],
  ])("is mended before another call is paid: %s", async (_, text) => {
    const first = provider("first", { otherwise: text });
    const second = provider("second", { otherwise: '{"a":9}' });
    const router = createRouter({ providers: [first, second], strategy: "ordered", repairJson: jsonrepair });
    for (const asked of [() => router.chat(ask(), { output }), () => router.stream(ask(), { output }).reply]) {
      const { parsed, route, choices } = await asked();
      expect(parsed).toMatchObject({ a: 1 });
      expect(route.repaired).toEqual(["output"]);
      expect(route.provider).toBe("first");
      expect(choices[0].message.content).toBe(text);
    }
    expect(second.calls).toHaveLength(0);
  });

  test("without a repair, or where the text was cut off or misses the schema, the next candidate is asked", async () => {
    const texts = ["{'b':'x'}", '{"a":12', '{"a":1,"b":"cut of', "{'a':'x'}"];
    for (const text of texts) {
      const providers = [provider("first", { otherwise: text }), provider("second", { otherwise: '{"a":9}' })];
      const router = createRouter({ providers, strategy: "ordered", repairJson: jsonrepair });
      const { parsed, route } = await router.chat(ask(), { output });
      expect([parsed, route.provider, route.repaired], text).toEqual([{ a: 9 }, "second", undefined]);
      expect("repaired" in route).toBe(false);
    }
    const router = createRouter({ providers: [provider("only", { otherwise: "{a:1}" })], retry: { attempts: 1 } });
    expect((await failureOf(router.chat(ask(), { output }))).detail).toBe("output");
  });

  test("an answer that was cut by its limit is not mended", async () => {
    const reply = createReply({ text: "{a:1}", finishReason: "length" });
    const providers = [replying("first", reply), provider("second", { otherwise: '{"a":9}' })];
    const router = createRouter({ providers, strategy: "ordered", repairJson: jsonrepair });
    expect((await router.chat(ask(), { output })).route.provider).toBe("second");
  });

  test("a repair that throws is no failure of its own", async () => {
    const repairJson = (): string => {
      throw new Error("no");
    };
    const router = createRouter({
      providers: [provider("a", { script: ["{a:1}"], otherwise: '{"a":2}' })],
      repairJson,
    });
    expect((await router.chat(ask(), { output })).parsed).toEqual({ a: 2 });
  });

  test("a hit is mended again, and says so", async () => {
    const upstream = provider("a", { otherwise: "{a:1}" });
    const router = createRouter({ providers: [upstream], cache: {}, repairJson: jsonrepair });
    await router.chat(ask(), { output });
    const { parsed, route } = await router.chat(ask(), { output });
    expect([parsed, route.cache.status, route.repaired]).toEqual([{ a: 1 }, "hit", ["output"]]);
    expect(upstream.calls).toHaveLength(1);
  });

  test("a cheap answer that can be mended is not escalated", async () => {
    const strong = provider("strong", { otherwise: '{"a":9}' });
    const router = createRouter({
      providers: [provider("cheap", { otherwise: "{a:1}" }), strong],
      strategy: "ordered",
      escalate: { to: "strong/m" },
      repairJson: jsonrepair,
    });
    expect((await router.chat(ask(), { output })).route.repaired).toEqual(["output"]);
    expect(strong.calls).toHaveLength(0);
  });
});

describe("tool arguments that are nearly right JSON", () => {
  test("are mended in answers and in the reply of a stream", async () => {
    const router = createRouter({
      providers: [replying("a", called("{'q': 'x', most: 3,}"))],
      repairJson: jsonrepair,
    });
    for (const reply of [await router.chat({ ...ask(), tools }), await router.stream({ ...ask(), tools }).reply]) {
      expect(JSON.parse(argumentsOf(reply))).toEqual({ q: "x", most: 3 });
      expect(reply.route.repaired).toEqual(["tool_arguments"]);
      expect(reply.route.attempts).toHaveLength(1);
    }
  });

  test.each([
    ["cut off in a string", "{'q': 'x"],
    ["a number at the end", '{"q":"x","most":3'],
    ["a list", "['x',]"],
    ["a required name is missing", "{most: 3}"],
    ["a wrong type", "{q: 3}"],
    ["a wrong type within", "{q: 'x', most: 'y'}"],
  ])("are left as they are where the result would be a guess: %s", async (_, text) => {
    const router = createRouter({ providers: [replying("a", called(text))], repairJson: jsonrepair });
    const reply = await router.chat({ ...ask(), tools });
    expect([argumentsOf(reply), reply.route.repaired]).toEqual([text, undefined]);
  });

  test("are left as they are in an answer that was cut by its limit, and without a repair", async () => {
    const text = "{'q': 'x'}";
    const cut = createRouter({
      providers: [replying("a", called(text, "length"))],
      repairJson: jsonrepair,
    });
    const plain = createRouter({ providers: [replying("a", called(text))] });
    for (const router of [cut, plain]) expect(argumentsOf(await router.chat({ ...ask(), tools }))).toBe(text);
  });

  test("right arguments, and none at all, are not touched", async () => {
    for (const text of ['{ "q" : "x" }', ""]) {
      const router = createRouter({ providers: [replying("a", called(text))], repairJson: jsonrepair });
      const reply = await router.chat({ ...ask(), tools });
      expect([argumentsOf(reply), reply.route.repaired]).toEqual([text, undefined]);
    }
  });

  test("a mended answer is not stored, and a router around the one that mended says so too", async () => {
    const upstream = replying("a", called("{'q': 'x'}"));
    const inner = createRouter({ providers: [upstream], cache: { toolCalls: true }, repairJson: jsonrepair });
    const stored = listenTo(inner, ["cache"]);
    const outer = createRouter({ providers: [inner] });
    const { route } = await outer.chat({ ...ask(), tools });
    expect(route.repaired).toEqual(["tool_arguments"]);
    expect(eventsOf(stored, "cache").map(({ reason }) => reason)).toContain("repaired");
  });
});

test("a lean router mends with what its feature was given", async () => {
  const router = leanRouter({
    providers: [provider("a", { otherwise: "{a:1}" })],
    strategy: ordered(),
    use: [outputFeature({ repairJson: jsonrepair })],
  });
  const { parsed, route } = await router.chat(ask(), { output });
  expect([parsed, route.repaired]).toEqual([{ a: 1 }, ["output"]]);
});

test("a repair that is no function is refused by its path", () => {
  const providers = [provider("a")];
  expect(() => createRouter({ providers, repairJson: "jsonrepair" as never })).toThrow(/repairJson/);
  expect(() => outputFeature({ repairJson: {} as never })).toThrow(/repairJson/);
});
