import { type Attempt, createRouter, openaiCompatible } from "signalbox";
import { describe, expect, test } from "vitest";
import { ask, double, model } from "../router/doubles.js";
import { chunk, json, sse, startLoopback, whole } from "../vendors/loopback.js";

// What a vendor calls things is kept and told; a hundred thousand characters of it are not.

const vendor = await startLoopback();
const LONG = "x".repeat(100_000);
const tools = { tools: true, vision: false, thinking: "none", json: "none" } as const;
const at = (id: string) =>
  openaiCompatible({
    id,
    baseURL: `${vendor.url}/v1`,
    models: [model({ capabilities: tools, contextWindow: 1_000_000 })],
  });

describe("ids and names of a hundred thousand characters", () => {
  test.each([false, true])("are cut to 256 characters in replies and events (streamed: %s)", async (streamed) => {
    const said = { id: `id-${LONG}`, model: `model-${LONG}` };
    vendor.answer(
      streamed
        ? sse([chunk({ content: "hello" }, said), chunk({}, { finish_reason: "stop", ...said })])
        : json(whole({ role: "assistant", content: "hello" }, said)),
    );
    const router = createRouter({ providers: [at("a")] });
    const seen: Attempt[] = [];
    const told: unknown[] = [];
    router.on("attempt", (event) => seen.push(event));
    for (const name of ["done", "decision", "request", "warning"] as const)
      router.on(name, (event) => told.push(event));
    const reply = streamed ? await router.stream(ask("x")).reply : await router.chat(ask("x"));
    expect([reply.id.length, reply.model.length]).toEqual([256, 256]);
    expect([seen[0]?.responseId?.length, seen[0]?.responseModel?.length]).toEqual([256, 256]);
    expect(JSON.stringify([seen, told, reply.route, router.stats(), router.health()]).length).toBeLessThan(10_000);
  });

  test("of a provider of one's own, too", async () => {
    const own = {
      ...double("a"),
      chat: async () => whole({ role: "assistant", content: "hi" }, { id: LONG }) as never,
    };
    expect((await createRouter({ providers: [own] }).chat(ask("x"))).id).toHaveLength(256);
  });
});

interface Sent {
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string }[];
}

describe("a tool call's id", () => {
  const call = (id: string) => ({ id, type: "function" as const, function: { name: "f", arguments: "{}" } });
  const tool = { type: "function" as const, function: { name: "f", parameters: {} } };
  const question = { role: "user" as const, content: "x" };

  test("of any length reaches the app whole, and its loop goes on where it began", async () => {
    const [one, two] = [`call_${LONG}1`, `call_${LONG}2`];
    const router = createRouter({ providers: [at("a"), at("b")], strategy: "round-robin" });
    const began = new Map<string, string>();
    for (const id of [one, two]) {
      vendor.answer(
        json(whole({ role: "assistant", content: null, tool_calls: [call(id)] }, { finish_reason: "tool_calls" })),
      );
      const { route, choices } = await router.chat({
        messages: [{ ...question, content: id.slice(-1) }],
        tools: [tool],
      });
      expect(choices[0].message.tool_calls?.[0]?.id).toBe(id);
      began.set(id, route.provider);
    }
    expect(new Set(began.values()).size).toBe(2);
    for (const [id, provider] of began) {
      vendor.answer(json(whole({ role: "assistant", content: "done" })));
      const result = { role: "tool" as const, tool_call_id: id, content: "42" };
      const messages = [question, { role: "assistant" as const, content: null, tool_calls: [call(id)] }, result];
      expect((await router.chat({ messages, tools: [tool] })).route.provider).toBe(provider);
      const sent = vendor.bodies[0]?.messages as Sent[];
      expect(sent.at(-1)?.tool_call_id).toBe(sent.at(-2)?.tool_calls?.[0]?.id);
    }
  });
});
