import { inspect } from "node:util";
import { type AnyProvider, type Attempt, cached, createRouter, SignalboxError } from "signalbox";
import { describe, expect, test } from "vitest";
import { ask, double, model } from "./doubles.js";

// Programs without types hand in whatever they like: each of these is a failure of its provider, and of nobody else.

const said = (content: string, finish: "stop" | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
/** A provider as a program without types writes it. */
const foreign = (stream: () => unknown): AnyProvider =>
  ({ id: "foreign", models: [model()], stream }) as unknown as AnyProvider;

function listening(providers: AnyProvider[]) {
  const router = createRouter({ providers, strategy: "ordered", retry: { attempts: 2 } });
  const attempts: Attempt[] = [];
  const ends: string[] = [];
  router.on("attempt", (event) => attempts.push(event));
  router.on("done", ({ outcome }) => ends.push(outcome));
  return { router, attempts, ends };
}

describe("a stream() that is none", () => {
  test.each<[string, () => unknown, string]>([
    ["nothing", () => undefined, "malformed_response"],
    ["a number", () => 5, "malformed_response"],
    ["a list", () => [said("x", "stop")], "malformed_response"],
    ["a promise of nothing", async () => undefined, "malformed_response"],
    ["a rejected promise", () => Promise.reject(Object.assign(new Error("slow down"), { status: 429 })), "rate_limit"],
  ])("%s: the next candidate answers, and no rejection is left behind", async (_, stream, outcome) => {
    for (const provider of [foreign(stream), cached(foreign(stream))]) {
      const { router, attempts } = listening([provider, double("next")]);
      expect((await router.stream(ask("x")).reply).route.provider).toBe("next");
      expect((await router.chat(ask("y"))).route.provider).toBe("next");
      expect(attempts[0]?.outcome).toBe(outcome);
    }
  });

  test("a promise of a stream serves", async () => {
    const { router } = listening([
      foreign(async () =>
        (async function* () {
          yield said("Hel");
          yield said("lo", "stop");
        })(),
      ),
    ]);
    expect(await router.stream(ask("x")).text()).toBe("Hello");
  });
});

describe("a stream of things that are no chunks", () => {
  test.each<[string, unknown]>([
    ["null", null],
    ["text", "data: {}"],
    ["an empty object", {}],
    ["an error", { error: { message: "overloaded", code: 529 } }],
    ["no choices", { choices: null }],
    ["an empty choice", { choices: [null] }],
    ["content that is no text", { choices: [{ index: 0, delta: { content: { text: "x" } } }] }],
    ["tool calls that are none", { choices: [{ index: 0, delta: { tool_calls: [null] } }] }],
  ])("%s", async (_, junk) => {
    const atOnce = listening([
      foreign(async function* () {
        yield junk;
      }),
      double("next"),
    ]);
    expect((await atOnce.router.stream(ask("x")).reply).route.provider).toBe("next");
    expect(atOnce.attempts.map(({ outcome }) => outcome)).toEqual(["malformed_response", "success"]);

    const later = listening([
      foreign(async function* () {
        yield said("Hel");
        yield junk;
      }),
      double("next"),
    ]);
    const failure = { kind: "stream_interrupted", detail: "malformed_response", partial: { text: "Hel" } };
    await expect(later.router.stream(ask("x")).reply).rejects.toMatchObject(failure);
    expect((await later.router.chat(ask("x"))).route.provider).toBe("next");
    expect(later.attempts.map(({ outcome }) => outcome)).toEqual([
      "stream_interrupted",
      "stream_interrupted",
      "success",
    ]);
    expect(later.ends).toEqual(["stream_interrupted", "ok"]);
  });
});

describe("counts that cannot be", () => {
  const counted = (usage: unknown): AnyProvider[] => [
    foreign(async function* () {
      yield said("Hello", "stop");
      yield { ...said(""), choices: [], usage };
    }),
    {
      id: "whole",
      models: [model()],
      chat: async () => ({ choices: [{ message: { content: "Hello" }, finish_reason: "stop" }], usage }) as never,
    },
  ];

  test.each([[{ prompt_tokens: Number.NaN, completion_tokens: 3, total_tokens: 3 }], ["12"], [{}]])(
    "are estimated instead: %j",
    async (usage) => {
      for (const provider of counted(usage)) {
        const reply = await createRouter({ providers: [provider] }).chat(ask("x"));
        expect(reply.usage.estimated).toBe(true);
        expect(reply.usage.prompt_tokens).toBeGreaterThan(0);
        expect(reply.route.costUsd).toBeGreaterThan(0);
      }
    },
  );

  test("a sum that is missing is added up", async () => {
    for (const provider of counted({ prompt_tokens: 5, completion_tokens: 6 })) {
      const reply = await createRouter({ providers: [provider] }).chat(ask("x"));
      expect(reply.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 });
    }
  });
});

describe("what a foreign provider throws", () => {
  const prompts = ["the launch code is 0000 and nobody may ever hear of it", "launch code 0000"];
  const quoting: [string, (prompt: string) => unknown][] = [
    ["an error", (prompt) => new Error(`cannot answer "${prompt}"`)],
    ["an error within another", (prompt) => new Error("no answer", { cause: new Error(`because of ${prompt}`) })],
    ["text", (prompt) => `cannot answer ${prompt}`],
    [
      "an SDK's error",
      (prompt) => Object.assign(new Error(`400 ${prompt}`), { status: 500, error: { message: prompt } }),
    ],
    ["an error of our own class", (prompt) => new SignalboxError("rate_limit", `no answer to ${prompt}`)],
    [
      "the cause of one",
      (prompt) => new SignalboxError("server", "no answer", { cause: { config: { data: prompt } } }),
    ],
    ["a bug", (prompt) => new TypeError(`${prompt} is not a function`)],
  ];

  const cases = prompts.flatMap((prompt) => quoting.map(([what, thrown]) => [what, prompt, thrown] as const));
  test.each(cases)("%s that quotes the prompt shows none of it: %s", async (_, prompt, thrown) => {
    const provider = {
      id: "foreign",
      models: [model()],
      chat: async () => {
        throw thrown(prompt);
      },
    };
    const { router } = listening([provider as AnyProvider]);
    const told: unknown[] = [];
    for (const name of ["attempt", "done", "warning", "retry"] as const) router.on(name, (event) => told.push(event));
    const error = await router.chat(ask(prompt)).catch((failure: unknown) => failure);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("launch code");
    expect(JSON.stringify([error, told])).not.toContain("launch code");
  });
});

describe("a tool call that names no tool", () => {
  const call = (name: unknown) => ({ id: "c1", type: "function", function: { name, arguments: "{}" } });
  const whole = (name: unknown) => ({
    choices: [{ index: 0, finish_reason: "tool_calls", message: { role: "assistant", tool_calls: [call(name)] } }],
  });

  test.each([[""], [null], [undefined]])("%j is a malformed answer, whole or streamed", async (name) => {
    const chat = { id: "foreign", models: [model()], chat: async () => whole(name) } as unknown as AnyProvider;
    const stream = foreign(async function* () {
      const delta = { tool_calls: [{ index: 0, ...call(name) }] };
      yield { ...said("x"), choices: [{ index: 0, delta, finish_reason: "tool_calls" }] };
    });
    for (const provider of [chat, stream]) {
      const { router, attempts } = listening([provider, double("next")]);
      expect((await router.chat(ask("x"))).route.provider).toBe("next");
      expect(attempts[0]?.outcome).toBe(provider === chat ? "malformed_response" : "stream_interrupted");
    }
  });
});
