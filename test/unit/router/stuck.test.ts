import { createRouter, type EscalateOptions, type RouterOptions } from "signalbox";
import { createVirtualClock, scriptedProvider, testModel } from "signalbox/testing";
import { describe, expect, it } from "vitest";
import { eventsOf, listenTo, readAll } from "../engine/support.js";

type Messages = Parameters<ReturnType<typeof createRouter>["chat"]>[0]["messages"];
type Step = { readonly call: string; readonly result: string; readonly is_error?: boolean };

/** A task and the steps that an agent has made of it. */
function trajectory(steps: readonly Step[], start = 0): Messages {
  const messages: Messages[number][] = [{ role: "user", content: "Fix the build" }];
  for (const [index, { call, result, is_error }] of steps.entries()) {
    const id = `call_${start + index}`;
    messages.push({
      role: "assistant",
      content: null,
      tool_calls: [{ id, type: "function", function: { name: "run", arguments: call } }],
    });
    messages.push({ role: "tool", tool_call_id: id, content: result, ...(is_error ? { is_error } : {}) });
  }
  return messages;
}

const same = (times: number): Step[] => Array.from({ length: times }, () => ({ call: '{"cmd":"make"}', result: "…" }));
const varied = (results: readonly string[]): Step[] =>
  results.map((result, index) => ({ call: `{"cmd":"${index}"}`, result }));

function rig(escalate: EscalateOptions = { when: true }, more: Partial<RouterOptions> = {}) {
  const models = [1, 2, 3].map((tier) => testModel(`t${tier}`, { tier: tier as 1 | 2 | 3 }));
  const clock = createVirtualClock();
  const providers = models.map((model) => scriptedProvider({ id: model.id, models: [model], clock }));
  const router = createRouter({ providers, strategy: "ordered", clock, escalate, ...more });
  const told = listenTo(router);
  const at = async (messages: Messages, options: object = { sessionKey: "s" }) =>
    (await router.chat({ messages }, options)).route;
  return { router, at, told, clock };
}

describe("escalate.when", () => {
  it("moves a session up one tier, once, when a tool call repeats, and says so", async () => {
    const { at, told } = rig();
    expect((await at(trajectory([]))).provider).toBe("t1");
    expect((await at(trajectory(same(2)))).provider).toBe("t1");
    const moved = await at(trajectory(same(3)));
    expect(moved.provider).toBe("t2");
    expect(moved.reasons).toEqual(["escalated from tier 1 to tier 2: the same tool call 3 times"]);
    expect(eventsOf(told, "warning").filter(({ code }) => code === "escalated")).toHaveLength(1);
    for (const times of [4, 5, 9]) expect((await at(trajectory(same(times)))).provider).toBe("t2");
    expect((await at([{ role: "user", content: "Thanks, and now?" }])).provider).toBe("t2");
    expect((await at(trajectory([]), { sessionKey: "another" })).provider).toBe("t1");
  });

  it.each([
    ["Error: no such module", "TypeError: x is not a function", '{"error":"refused"}'],
    ["bash: foo: command not found", "Process exited with code 2", "Traceback (most recent call last)"],
  ])("counts results that tell of an error: %s", async (...failures) => {
    const { at } = rig();
    expect((await at(trajectory(varied(["ok", "ok", ...failures.slice(0, 2)])))).provider).toBe("t1");
    const { provider, reasons } = await at(trajectory(varied(["ok", "ok", ...failures])));
    expect([provider, reasons]).toEqual(["t2", [expect.stringContaining("3 of the latest tool results failed")]]);
  });

  it("counts marked failures, and only while they rise", async () => {
    const failing = (count: number): Step[] =>
      varied(Array.from({ length: count }, () => "…")).map((step) => ({ ...step, is_error: true }));
    expect((await rig().at(trajectory(failing(3)))).provider).toBe("t2");
    const { at } = rig();
    const steady = [...failing(4), ...varied(["ok", "ok"]), ...failing(3)].map((step, index) => ({
      ...step,
      call: `${index}`,
    }));
    expect((await at(trajectory(steady))).provider).toBe("t1");
  });

  it("leaves work alone that goes on: other arguments, results that speak of errors, a new question", async () => {
    const { at } = rig();
    const reading = varied([
      "0 errors, 12 passed",
      "export class ParseError {}",
      '{"error":null,"ok":true}',
      "exit code 0",
    ]);
    expect((await at(trajectory(reading))).provider).toBe("t1");
    expect((await at([...trajectory(same(5)), { role: "user", content: "Try something else" }])).provider).toBe("t1");
  });

  it("asks a signal of the app's own, which sees the step", async () => {
    const seen: unknown[] = [];
    const { at } = rig({
      when: ({ options, candidate, repeatedCalls }) => {
        seen.push([candidate, repeatedCalls]);
        return options.metadata?.stuck === "yes";
      },
    });
    await at(trajectory(same(4)));
    const moved = await at(trajectory([]), { sessionKey: "s", metadata: { stuck: "yes" } });
    expect([moved.provider, moved.reasons[0]]).toEqual(["t2", expect.stringContaining("its signal")]);
    expect(seen).toEqual([
      [undefined, 4],
      ["t1/t1", 0],
    ]);
    const asked = { sessionKey: "s", metadata: { stuck: "yes" } };
    expect((await at(trajectory([]), asked)).provider).toBe("t2");
  });

  it("takes a signal that throws as a no, with a warning", async () => {
    const { at, told } = rig({
      when: {
        signal: () => {
          throw new Error("mine");
        },
      },
    });
    expect((await at(trajectory([]))).provider).toBe("t1");
    expect(eventsOf(told, "warning").map(({ code }) => code)).toContain("signal_failed");
  });

  it("needs no session for an open tool loop, nor for a conversation", async () => {
    const { at, router } = rig();
    expect((await at(trajectory(same(3)), {})).provider).toBe("t2");
    expect((await at([{ role: "user", content: "Hello" }], {})).provider).toBe("t1");
    const chat = rig({ when: ({ options }) => options.metadata?.stuck === "yes" }, { strategy: "adaptive" });
    const first = (await chat.at([{ role: "user", content: "Hello" }], { conversationId: "c" })).provider;
    const stuck = { conversationId: "c", metadata: { stuck: "yes" } };
    const second = (await chat.at([{ role: "user", content: "No!" }], stuck)).provider;
    expect(Number(second.slice(1))).toBe(Math.min(3, Number(first.slice(1)) + 1));
    expect(router.explain({ messages: trajectory(same(3)) }).candidates[0]).toMatchObject({ provider: "t2" });
  });

  it("stays within `to`, also for a request that names a model, and comes back to it", async () => {
    const { at } = rig({ when: true, to: "t3" });
    const small = async (messages: Messages) =>
      (await rigged.router.chat({ model: "t1", messages }, { sessionKey: "s" })).route.provider;
    const rigged = rig({ when: true, to: "t3" });
    expect((await at(trajectory(same(3)))).provider).toBe("t3");
    expect([await small(trajectory([])), await small(trajectory(same(3))), await small(trajectory([]))]).toEqual([
      "t1",
      "t3",
      "t3",
    ]);
  });

  it("takes the next group of `tiers` if no model is of a higher tier", async () => {
    const providers = ["a", "b", "c"].map((id) => scriptedProvider({ id, models: [testModel("m")] }));
    const { at } = rig({ when: true }, { providers, tiers: [["a"], ["b"], ["c"]] });
    expect((await at(trajectory(same(3)))).provider).toBe("b");
  });

  it("passes over who may not run, and stays where it is if nobody stronger may", async () => {
    const { at, router } = rig();
    router.disable("t2");
    expect((await at(trajectory(same(3)))).provider).toBe("t3");
    const alone = { sessionKey: "x", allow: ["t1"] };
    expect((await at(trajectory(same(3)), alone)).provider).toBe("t1");
    expect((await at(trajectory(same(4)), { sessionKey: "x" })).provider).toBe("t3");
  });

  it("moves streams as well", async () => {
    const { router } = rig();
    const stream = router.stream({ messages: trajectory(same(3)) }, { sessionKey: "s" });
    await readAll(stream);
    expect((await stream.reply).route.provider).toBe("t2");
  });

  it.each([
    ["escalate.to", {}],
    ["escalate.when", { when: "stuck" }],
    ["escalate.when.repeats", { when: { repeats: 3 } }],
    ["escalate.when.repeatedCalls", { when: { repeatedCalls: 1 } }],
    ["escalate.when.toolFailures", { when: { toolFailures: "3" } }],
    ["escalate.when.signal", { when: { signal: true } }],
  ])("refuses what it cannot use by its path: %s", (path, wrong) => {
    expect(() => rig(wrong as never)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });
});
