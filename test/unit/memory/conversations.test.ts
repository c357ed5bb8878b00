import fc from "fast-check";
import { cached, createReply, createRouter, type Message } from "signalbox";
import { createCallContext, createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { estimateRequestTokens } from "../../../src/chat/tokens.js";
import { trimToTokens } from "../../../src/memory/trim.js";
import { ask, broken, failureOf, provider, readAll } from "../engine/support.js";

const rolesOf = (messages: readonly Message[] | undefined) => messages?.map(({ role }) => role).join(" ");
const call = (id: string) => ({ id, type: "function" as const, function: { name: "look", arguments: "{}" } });
const tool = { type: "function" as const, function: { name: "look", parameters: { type: "object", properties: {} } } };

describe("a conversation", () => {
  test("streams keep their reply too; a failed or abandoned turn leaves no trace", async () => {
    const upstream = provider("a", {
      script: ["one", broken("invalid_request"), { pieces: ["left", "over"] }],
      otherwise: "four",
    });
    const router = createRouter({ providers: [upstream] });
    const talk = router.conversation("c");
    const stream = talk.stream("first");
    await readAll(stream);
    await stream.reply;
    await failureOf(talk.chat("fails"));
    for await (const _ of talk.stream("abandoned")) break;
    expect(talk.messages().map(({ content }) => content)).toEqual(["first", "one"]);
    await talk.chat("next");
    expect(rolesOf(upstream.calls.at(-1)?.request.messages)).toBe("user assistant user");
  });

  test("a reply with reasoning and tool calls is kept whole, and its tool results follow alone", async () => {
    const reply = createReply({ reasoning: "hm", toolCalls: [call("t1")], finishReason: "tool_calls" });
    const upstream = provider("a", { script: [{ reply }, "done"] });
    const router = createRouter({ providers: [upstream] });
    const talk = router.conversation("c");
    await talk.chat({ ...ask("look it up"), tools: [tool] });
    await talk.chat({ messages: [{ role: "tool", tool_call_id: "t1", content: "42" }], tools: [tool] });
    const sent = upstream.calls[1]?.request.messages ?? [];
    expect(rolesOf(sent)).toBe("user assistant tool");
    expect(sent[1]).toMatchObject({ reasoning_content: "hm", tool_calls: [{ id: "t1" }] });
  });

  test("two turns at once lose nothing", async () => {
    const clock = createVirtualClock();
    let count = 0;
    const otherwise = () => ({ text: `answer ${++count}`, delayMs: 100 - count });
    const router = createRouter({ providers: [provider("a", { clock, otherwise })], clock });
    const talk = router.conversation("c");
    const works = ["x", "y", "z"].map((text) => talk.chat(text));
    await clock.advance(200);
    await Promise.all(works);
    const texts = talk.messages().map(({ content }) => content);
    expect(texts).toHaveLength(6);
    expect([...texts].sort()).toEqual(["answer 1", "answer 2", "answer 3", "x", "y", "z"]);
    // Each question stands directly before its own answer.
    for (const [i, text] of ["x", "y", "z"].entries()) {
      expect(texts[texts.indexOf(text) + 1]).toBe(`answer ${i + 1}`);
    }
  });

  test.each(["the new message alone", "the whole history"])(
    "a turn sent as the whole history loses no turn that ran beside it, sent as %s",
    async (how) => {
      const clock = createVirtualClock();
      const script = ["first", { text: "slow answer", delayMs: 100 }, "quick answer"];
      const router = createRouter({ providers: [provider("a", { clock, script })], clock });
      const talk = router.conversation("c");
      await talk.chat("begin");
      const whole = (text: string) => ({ messages: [...talk.messages(), { role: "user" as const, content: text }] });
      const slow = talk.chat(whole("slow"));
      await talk.chat(how === "the whole history" ? whole("quick") : "quick");
      await clock.advance(100);
      await slow;
      const texts = talk.messages().map(({ content }) => content);
      expect(texts).toEqual(["begin", "first", "slow", "slow answer", "quick", "quick answer"]);
      await talk.chat({ messages: [...whole("again").messages.slice(0, 2), { role: "user", content: "edited" }] });
      expect(talk.messages()).toHaveLength(4);
    },
  );

  test("one that never ends keeps its last 10,000 messages, in whole turns", async () => {
    const router = createRouter({ providers: [provider("a")] });
    const talk = router.conversation("c");
    const turns = Array.from({ length: 5_100 }, (_, at): Message[] => [
      { role: "user", content: `q${at}` },
      { role: "assistant", content: `a${at}` },
    ]);
    expect(talk.import({ version: 1, messages: [{ role: "system", content: "be brief" }, ...turns.flat()] })).toBe(
      true,
    );
    await talk.chat("last");
    const messages = talk.messages();
    expect(messages).toHaveLength(10_001);
    expect(messages[0]).toEqual({ role: "system", content: "be brief" });
    expect(messages[1]).toEqual({ role: "user", content: "q101" });
    expect(messages.at(-2)).toEqual({ role: "user", content: "last" });
  });

  test("a turn that only a blocked model can take reaches it with the history that model can hold", async () => {
    const clock = createVirtualClock();
    const model = (id: string, contextWindow: number) => ({ models: [testModel(id, { contextWindow })], clock });
    const small = provider("small", model("s", 200));
    const large = provider("large", {
      ...model("l", 10_000),
      script: ["one", ...Array.from({ length: 5 }, () => broken("server"))],
    });
    const router = createRouter({ providers: [large, small], strategy: "ordered", clock });
    const talk = router.conversation("c");
    await talk.chat("a word ".repeat(100));
    for (let at = 0; at < 5; at += 1) await router.chat(ask(`trip ${at}`));
    expect(router.health().candidates.find(({ id }) => id === "large/l")?.breaker).toBe("open");
    await talk.chat("another word ".repeat(100));
    expect(rolesOf(large.calls.at(-1)?.request.messages)).toBe("user assistant user");
  });

  test("its time to live counts from the last turn; tenants and ids keep apart", async () => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [provider("a", { clock })], clock, conversations: { ttlMs: 1_000 } });
    await router.conversation("c", { tenant: "acme" }).chat("hi");
    expect(router.conversation("c").messages()).toEqual([]);
    expect(router.conversation("c", { tenant: "zeta" }).messages()).toEqual([]);
    expect(router.with({ tenant: "acme" }).conversation("c").messages()).toHaveLength(2);
    await clock.advance(999);
    await router.chat(ask("more"), { conversationId: "c", tenant: "acme" });
    await clock.advance(999);
    expect(router.conversation("c", { tenant: "acme" }).messages()).toHaveLength(4);
    await clock.advance(1);
    expect(router.conversation("c", { tenant: "acme" }).messages()).toEqual([]);
  });

  test("a bound view's tenant is not lost to an option that is undefined", async () => {
    const upstream = provider("a");
    const router = createRouter({ providers: [upstream], cache: {} });
    const acme = router.with({ tenant: "acme" });
    await acme.chat(ask(), { tenant: undefined, conversationId: "c" });
    expect(upstream.calls[0]?.context.tenant).toBe("acme");
    expect(router.conversation("c").messages()).toEqual([]);
    expect((await router.chat(ask())).route.cache.status).toBe("miss");
  });

  test("an edited history takes the place of what was remembered; cached answers of what came before stay", async () => {
    const upstream = provider("a", { otherwise: ({ messages }) => `re: ${String(messages.at(-1)?.content)}` });
    const router = createRouter({ providers: [upstream], cache: {} });
    const talk = router.conversation("c");
    await talk.chat("one");
    await talk.chat("two");
    const edited: Message[] = [
      { role: "user", content: "one" },
      { role: "assistant", content: "re: one" },
      { role: "user", content: "two, but better" },
    ];
    await talk.chat(edited);
    expect(talk.messages().map(({ content }) => content)).toEqual([
      "one",
      "re: one",
      "two, but better",
      "re: two, but better",
    ]);
    // The first turn is unchanged and still a hit; the continuation of the old second one is gone from the history.
    expect((await router.chat(ask("one"))).route.cache.status).toBe("hit");
  });

  test("a snapshot is a copy; rubbish is not taken", async () => {
    const router = createRouter({ providers: [provider("a")] });
    const talk = router.conversation("c");
    await talk.chat("hi");
    const snapshot = talk.export();
    (snapshot.messages as Message[]).length = 0;
    expect(talk.messages()).toHaveLength(2);
    for (const bad of [
      undefined,
      null,
      1,
      "x",
      {},
      { version: 1 },
      { version: 1, messages: [null] },
      { version: 2, messages: [] },
      { version: 1, messages: [{ role: "user" }] },
      { version: 1, messages: [{ role: "nobody", content: "x" }] },
      { version: 1, messages: [{ role: "user", content: () => "x" }] },
      { version: 1, messages: [{ role: "assistant", content: null, tool_calls: 5 }] },
    ]) {
      expect(talk.import(bad)).toBe(false);
    }
    expect(talk.messages()).toHaveLength(2);
    expect(router.stats().conversations).toEqual({ kept: 1, corrupt: 12 });
  });

  test("is cut to the largest window before it is sent, and kept whole in memory", async () => {
    const upstream = provider("a", { models: [testModel("m", { contextWindow: 1_000, maxOutput: 100 })] });
    const router = createRouter({ providers: [upstream] });
    const talk = router.conversation("c");
    await talk.chat({
      messages: [
        { role: "system", content: "stay" },
        { role: "user", content: "x".repeat(1_500) },
      ],
    });
    await talk.chat("y".repeat(1_500));
    expect(rolesOf(upstream.calls[1]?.request.messages)).toBe("system user");
    expect(talk.messages()).toHaveLength(5);
  });

  test("what the app does with its messages, replies and readings later is no part of it", async () => {
    const upstream = provider("a", { script: ["one"] });
    const talk = createRouter({ providers: [upstream] }).conversation("c");
    const message = { role: "user" as const, content: "first" };
    const reply = await talk.chat([message]);
    message.content = "second";
    reply.choices[0].message.content = "changed";
    (talk.messages()[0] as { content: string }).content = "changed";
    await talk.chat([message]);
    expect(upstream.calls[1]?.request.messages.map(({ content }) => content)).toEqual(["first", "one", "second"]);
  });

  test("an answer that is sent back with what follows it stands there once", async () => {
    const reply = createReply({ toolCalls: [call("t1")], finishReason: "tool_calls" });
    const upstream = provider("a", { script: ["one", { reply }] });
    const talk = createRouter({ providers: [upstream] }).conversation("c");
    await talk.chat("first");
    const asked = await talk.chat("second");
    await talk.chat([asked.choices[0].message, { role: "tool", tool_call_id: "t1", content: "42" }]);
    expect(rolesOf(upstream.calls[2]?.request.messages)).toBe("user assistant user assistant tool");
  });

  test("a tool result follows its call, also where another turn came between", async () => {
    const clock = createVirtualClock();
    const reply = createReply({ toolCalls: [call("t1")], finishReason: "tool_calls" });
    const script = [
      { reply, delayMs: 1 },
      { text: "two", delayMs: 5 },
    ];
    const upstream = provider("a", { clock, script });
    const talk = createRouter({ providers: [upstream], clock }).conversation("c");
    const turns = [talk.chat("first"), talk.chat("second")];
    await clock.advance(10);
    await Promise.all(turns);
    // Not answered yet: no vendor takes a call without its result.
    await talk.chat("third");
    expect(rolesOf(upstream.calls[2]?.request.messages)).toBe("user user assistant user");
    await talk.chat([{ role: "tool", tool_call_id: "t1", content: "42" }]);
    const sent = upstream.calls[3]?.request.messages;
    expect(rolesOf(sent)).toBe("user assistant user assistant user assistant tool");
    expect(sent?.at(-3)).toMatchObject({ content: "first" });
    await talk.chat("fourth");
    expect(rolesOf(talk.messages().slice(4))).toBe("user assistant tool assistant user assistant");
  });

  test("is cut with room for the tools, to the window of who may answer", async () => {
    const small = testModel("m", { contextWindow: 2_000, maxOutput: 100 });
    const plain = { tools: false, vision: false, thinking: "none", json: "none" } as const;
    const upstream = provider("a", { models: [small] });
    const large = provider("b", { models: [testModel("n", { contextWindow: 100_000, capabilities: plain })] });
    const router = createRouter({ providers: [large, upstream], strategy: "ordered" });
    const described = { ...tool, function: { ...tool.function, description: "x".repeat(2_000) } };
    const talk = router.conversation("c");
    for (let turn = 0; turn < 5; turn += 1) {
      const reply = await talk.chat({ ...ask("y".repeat(1_000)), tools: [described] });
      expect(reply.route.provider).toBe("a");
    }
    router.disable("b");
    for (let turn = 0; turn < 5; turn += 1) await talk.chat("y".repeat(1_000));
    router.enable("b");
    expect((await talk.chat("y".repeat(1_000))).route.provider).toBe("b");
    expect(upstream.calls).toHaveLength(10);
  });

  test("a limit on the answer above what the model can write costs no history", async () => {
    const upstream = provider("a", { models: [testModel("m", { contextWindow: 2_000, maxOutput: 100 })] });
    const talk = createRouter({ providers: [upstream] }).conversation("c");
    await talk.chat("first");
    await talk.chat({ ...ask("second"), max_completion_tokens: 1_990 });
    expect(upstream.calls[1]?.request.messages).toHaveLength(3);
  });

  test("a router within, asked again for one turn, does not take its refused answer for a turn of its own", async () => {
    const upstream = provider("a", { script: ["no", "42"] });
    const inner = createRouter({ id: "inner", providers: [upstream] });
    const talk = createRouter({ providers: [inner], retry: { baseMs: 1 } }).conversation("c");
    const output = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) => (value === 42 ? { value } : { issues: [{ message: "is not 42" }] }),
      },
    };
    expect((await talk.chat("how much?", { output })).choices[0].message.content).toBe("42");
    expect(rolesOf(upstream.calls[1]?.request.messages)).toBe(rolesOf(upstream.calls[0]?.request.messages));
    expect(inner.conversation("c").messages()).toHaveLength(3);
  });

  test("a decorated provider recalls nothing where a router has, and cuts to its own window where none has", async () => {
    const models = [testModel("m", { contextWindow: 1_000, maxOutput: 100 })];
    for (const mode of ["full", "context"] as const) {
      const upstream = provider("a", { models });
      const talk = createRouter({ providers: [cached(upstream, { mode })] }).conversation("c");
      const alone = provider("b", { models });
      const decorated = cached(alone, { mode });
      for (const letter of ["x", "y", "z"]) {
        await talk.chat(letter.repeat(1_500));
        await decorated.chat(ask(letter.repeat(1_500)), createCallContext({ conversationId: "c" }));
      }
      for (const { calls } of [upstream, alone]) {
        expect(calls.map(({ request }) => rolesOf(request.messages))).toEqual(["user", "user", "user"]);
      }
    }
    const upstream = provider("a", { script: ["no", "42"] });
    const router = createRouter({ providers: [cached(upstream, { mode: "context" })], retry: { baseMs: 1 } });
    const validate = (value: unknown) => (value === 42 ? { value } : { issues: [{ message: "is not 42" }] });
    const output = { "~standard": { version: 1 as const, vendor: "test", validate } };
    await router.conversation("c").chat("how much?", { output });
    expect(rolesOf(upstream.calls[1]?.request.messages)).toBe(rolesOf(upstream.calls[0]?.request.messages));
  });

  test("its time to live is a time: none is 0, negative or absurd, Infinity stands for ever", async () => {
    for (const ttlMs of [0, -1, Number.NaN, 1e20]) {
      expect(() => createRouter({ providers: [provider("a")], conversations: { ttlMs } })).toThrow(
        expect.objectContaining({ kind: "invalid_options", path: "conversations.ttlMs" }),
      );
    }
    const clock = createVirtualClock();
    const conversations = { ttlMs: Number.POSITIVE_INFINITY };
    const talk = createRouter({ providers: [provider("a", { clock })], clock, conversations }).conversation("c");
    await talk.chat("hi");
    await clock.advance(1e12);
    expect(talk.messages()).toHaveLength(2);
  });

  test("what is no turn is a typed error", async () => {
    const talk = createRouter({ providers: [provider("a")] }).conversation("c");
    for (const bad of [5, null, undefined, {}, []]) {
      expect(await failureOf(talk.chat(bad as never))).toMatchObject({ kind: "invalid_request", path: "messages" });
      expect((await readAll(talk.stream(bad as never))).error).toMatchObject({ kind: "invalid_request" });
    }
  });

  test("a tenant named by the call is not lost where the conversation has none", async () => {
    const upstream = provider("a");
    await createRouter({ providers: [upstream] })
      .conversation("c")
      .chat("hi", { tenant: "acme" });
    expect(upstream.calls[0]?.context.tenant).toBe("acme");
  });
});

describe("trimming", () => {
  const text = fc.string({ maxLength: 400 });
  // One answer of a tool loop: what was called at once, each call with a result of its own length.
  const step = fc.array(text, { minLength: 1, maxLength: 3 });
  const turn = fc.record({ question: text, steps: fc.array(step, { maxLength: 4 }), answer: fc.option(text) });
  const history = fc.array(turn, { minLength: 1, maxLength: 8 }).map((turns) => {
    const messages: Message[] = [{ role: "system", content: "always here" }];
    for (const [t, { question, steps, answer }] of turns.entries()) {
      messages.push({ role: "user", content: question });
      for (const [s, results] of steps.entries()) {
        const ids = results.map((_, i) => `${t}.${s}.${i}`);
        messages.push({ role: "assistant", content: null, tool_calls: ids.map(call) });
        for (const [i, content] of results.entries()) {
          messages.push({ role: "tool", tool_call_id: ids[i] as string, content });
        }
      }
      if (answer !== null) messages.push({ role: "assistant", content: answer });
    }
    return messages;
  });
  const tokensOf = (messages: readonly Message[]) => estimateRequestTokens({ messages: [...messages] });

  test("drops the oldest whole turns, then the oldest calls with all their results, by steps of a quarter", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 1_500 }), (messages, maxTokens) => {
        const kept = trimToTokens(messages, maxTokens);
        const asked = messages.findLastIndex(({ role }) => role === "user");
        const answers = messages.flatMap(({ role }, at) => (at > asked && role === "assistant" ? [at] : []));
        const turns = messages.flatMap(({ role }, at) => (role === "user" ? [at] : []));
        // Everything a cut may leave, longest first; of the last turn the question and the newest answer stay.
        const allowed = [
          ...turns.map((at) => [messages[0] as Message, ...messages.slice(at)]),
          ...answers.slice(1).map((at) => [messages[0] as Message, messages[asked] as Message, ...messages.slice(at)]),
        ];
        const longest = allowed.find((each) => tokensOf(each) <= maxTokens) ?? allowed.at(-1) ?? [];
        expect(allowed.slice(allowed.indexOf(longest))).toContainEqual(kept);
        // The cut falls on the first turn's end past the step, and the last turn stays.
        const at = allowed.findIndex((each) => each.length === kept.length);
        const before = allowed[at - 1];
        if (kept.length < longest.length && before) expect(tokensOf(before)).toBeGreaterThan(maxTokens * (3 / 4));
        const calls = kept.flatMap((m) => (m.role === "assistant" ? (m.tool_calls ?? []).map(({ id }) => id) : []));
        expect(kept.flatMap((m) => (m.role === "tool" ? [m.tool_call_id] : []))).toEqual(calls);
      }),
      { numRuns: 500 },
    );
  });

  test("past the window the turns that follow share their beginning: it moves by steps, not with each turn", async () => {
    const upstream = provider("a", {
      models: [testModel("m", { contextWindow: 2_000, maxOutput: 100 })],
      otherwise: { text: "word ".repeat(20) },
    });
    const talk = createRouter({ providers: [upstream] }).conversation("c");
    const turns = 120;
    for (let turn = 0; turn < turns; turn += 1) {
      const question: Message = { role: "user", content: `${turn}: ${"why ".repeat(15)}` };
      await talk.chat(turn === 0 ? [{ role: "system", content: "stay" }, question] : [question]);
    }
    const sent = upstream.calls.map(({ request }) => request.messages);
    const begins = sent.map((messages) => String(messages[1]?.content));
    const past = sent.findIndex((messages) => messages[1]?.content !== sent[0]?.[1]?.content);
    expect(past).toBeGreaterThan(10);
    // A turn takes about 60 tokens, so a step of a quarter lasts for about eight of them.
    expect(new Set(begins.slice(past)).size).toBeLessThan((turns - past) / 5);
    for (const messages of sent) expect(messages[0]?.content).toBe("stay");
    for (const messages of sent.slice(past)) expect(tokensOf(messages)).toBeGreaterThan(1_900 * (2 / 3));
  });

  test("a tool loop longer than the window goes on with its question and newest results", async () => {
    let count = 0;
    const otherwise = () => {
      count += 1;
      const toolCalls = [call(`${count}.0`), call(`${count}.1`)];
      return count > 8 ? "done" : { reply: createReply({ toolCalls, finishReason: "tool_calls" }) };
    };
    const upstream = provider("a", { models: [testModel("m", { contextWindow: 1_000, maxOutput: 100 })], otherwise });
    const talk = createRouter({ providers: [upstream] }).conversation("c");
    let reply = await talk.chat({
      messages: [{ role: "system", content: "stay" }, ...ask("find it").messages],
      tools: [tool],
    });
    for (let calls = reply.choices[0].message.tool_calls; calls; calls = reply.choices[0].message.tool_calls) {
      const messages = calls.map(({ id }): Message => ({ role: "tool", tool_call_id: id, content: "x".repeat(600) }));
      reply = await talk.chat({ messages, tools: [tool] });
    }
    expect(reply.choices[0].message.content).toBe("done");
    const sent = upstream.calls.at(-1)?.request.messages;
    expect(rolesOf(sent)).toBe("system user assistant tool tool");
    expect([sent?.[1]?.content, sent?.[3]]).toMatchObject(["find it", { tool_call_id: "8.0" }]);
    expect(talk.messages()).toHaveLength(2 + 8 * 3 + 1);
  });

  test("a result that is too long by itself is an error that says so, never a cut one, and leaves no trace", async () => {
    const asks = { reply: createReply({ toolCalls: [call("t1")], finishReason: "tool_calls" }) };
    const upstream = provider("a", {
      models: [testModel("m", { contextWindow: 1_000, maxOutput: 100 })],
      script: [asks],
    });
    const talk = createRouter({ providers: [upstream] }).conversation("c");
    await talk.chat({ ...ask("find it"), tools: [tool] });
    const giant: Message = { role: "tool", tool_call_id: "t1", content: "x".repeat(7_000) };
    for (const work of [talk.chat([giant]), talk.stream([giant]).reply]) {
      const error = await failureOf(work);
      expect(error).toMatchObject({ kind: "no_candidate", detail: "context_length", retryable: false, attempts: [] });
      expect(error.excluded).toEqual([{ id: "a/m", reason: "context_length" }]);
      expect(error.message).toMatch(/about 2\d{3} tokens, 2\d{3} of them in one tool message, where 900 fit$/);
    }
    expect(rolesOf(talk.messages())).toBe("user assistant");
    await talk.chat([{ ...giant, content: "short" }]);
    expect(rolesOf(upstream.calls.at(-1)?.request.messages)).toBe("user assistant tool");
  });
});

describe("an open tool loop", () => {
  const answer = (id: string) => ({ reply: createReply({ toolCalls: [call(id)], finishReason: "tool_calls" }) });

  test("goes on where it began, whatever the strategy says now, and even in another group of models", async () => {
    const a = provider("a", { script: [answer("t1")] });
    const b = provider("b", { models: [testModel("n")] });
    const router = createRouter({ providers: [b, a], strategy: "ordered" });
    const first = await router.chat({ ...ask(), tools: [tool] }, { allow: ["a"] });
    const messages: Message[] = [
      { role: "user", content: "hello" },
      first.choices[0].message,
      { role: "tool", tool_call_id: "t1", content: "42" },
    ];
    const plain = await router.chat({ messages, tools: [tool] });
    expect([plain.route.provider, plain.route.reasons]).toEqual(["a", ["its tool loop began here"]]);
    expect((await router.chat({ messages, tools: [tool], models: ["n", "m"] })).route.provider).toBe("a");
    expect(router.explain({ messages, tools: [tool] }).candidates[0]?.id).toBe("a/m");
    // Not where that one may not run.
    expect((await router.chat({ messages, tools: [tool] }, { deny: ["a"] })).route.provider).toBe("b");
    router.disable("a");
    expect((await router.chat({ messages, tools: [tool] })).route.provider).toBe("b");
  });

  test("in a new process the issuer in the message says where", async () => {
    const router = createRouter({ providers: [provider("b"), provider("a")], strategy: "ordered" });
    const state = { issuer: "a", data: {} };
    const messages: Message[] = [
      { role: "user", content: "hello" },
      { role: "assistant", content: null, tool_calls: [call("t9")], provider_state: state } as Message,
      { role: "tool", tool_call_id: "t9", content: "42" },
    ];
    expect((await router.chat({ messages, tools: [tool] })).route.provider).toBe("a");
  });
});
