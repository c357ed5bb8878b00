import assert from "node:assert/strict";
import { answers, json, stream, streamOf, textEvent } from "signalbox/testing";
import { type FaultCase, trial } from "./case.js";
import { REQUEST } from "./sides.js";

// What is kept is bounded, what is lost is told, and nobody waits for a reader that went away.

const LONG = "x".repeat(100_000);

export const BOUND_CASES: readonly FaultCase[] = [
  {
    number: 142,
    fault: "a reply whose id and model are a hundred thousand characters",
    expected: "256 of them in the reply and in events",
    run: () =>
      trial({}, async (t) => {
        const choices = [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }];
        t.a.script(json(200, { id: LONG, object: "chat.completion", created: 1, model: LONG, choices }));
        const { reply } = await t.chat();
        assert.deepEqual([reply?.id.length, reply?.model.length], [256, 256]);
        const renamed = streamOf("hi").map((event) => event.replace(/"id":"[^"]*"/, `"id":"${LONG}"`));
        t.a.script(stream(renamed));
        assert.equal((await t.stream()).reply?.id.length, 256);
        assert.ok(JSON.stringify(t.events).length < 20_000);
      }),
  },
  {
    number: 143,
    fault: "the cache's second tier is dead",
    expected: "answers go on; one warning",
    run: async () => {
      const dead = async (): Promise<never> => {
        throw new Error("ECONNREFUSED");
      };
      const store = { get: dead, set: dead, delete: dead };
      await trial({ router: { cache: { store } } }, async (t) => {
        for (let n = 0; n < 12; n++) {
          const request = { messages: [{ role: "user" as const, content: `question ${n}` }] };
          assert.equal((await t.chat(request)).text, "from a");
          assert.equal((await t.chat(request)).reply?.route.cache.status, "hit");
        }
        assert.deepEqual(
          t.told("warning").map(({ code }) => code),
          ["cache_store_down"],
        );
      });
    },
  },
  {
    number: 144,
    fault: "a conversation that was forgotten goes on",
    expected: "it says so: a warning, and route.degraded",
    run: () =>
      trial({ router: { conversations: { max: 2 } } }, async (t) => {
        const turn = (conversationId: string) => t.chat({}, { conversationId });
        assert.deepEqual((await turn("first")).reply?.route.degraded, []);
        for (let n = 0; n < 10; n++) await turn(`other ${n}`);
        assert.deepEqual((await turn("first")).reply?.route.degraded, ["conversation_forgotten"]);
        assert.ok(t.told("warning").some(({ code }) => code === "conversation_forgotten"));
      }),
  },
  {
    number: 145,
    fault: "close() with a reader that stopped reading",
    expected: "does not wait for it; what it has not taken is kept",
    run: () =>
      trial({}, async (t) => {
        t.a.script(stream([...["one ", "two ", "three"].map((word) => textEvent(word)), ...streamOf("").slice(-3)]));
        const iterator = t.router.stream(REQUEST)[Symbol.asyncIterator]();
        let said = (await iterator.next()).value?.choices[0]?.delta.content ?? "";
        await t.router.close();
        for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
          said += step.value.choices[0]?.delta.content ?? "";
        }
        assert.equal(said, "one two three");
      }),
  },
  {
    number: 146,
    fault: "a request id of 8,000 characters",
    expected: "no such id is kept",
    run: () =>
      trial({}, async (t) => {
        t.a.script(json(503, {}, { "x-request-id": "y".repeat(8_000) }));
        const { reply } = await t.chat();
        assert.equal(reply?.route.attempts[0]?.upstreamRequestId, undefined);
        t.a.script(answers("from a"));
        assert.ok(JSON.stringify(t.events).length < 10_000);
      }),
  },
];
