import { cached, createRouter, type StandardSchemaV1 } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { ask, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const forZod = z.object({ city: z.string(), size: z.number() });
const forValibot = v.object({ city: v.string(), size: v.number() });
const GOOD = '{"city":"Ulm","size":3}';

describe.each([
  ["zod", forZod],
  ["valibot", forValibot],
] as [string, StandardSchemaV1<unknown, { city: string; size: number }>][])("%s", (_, output) => {
  test("the reply holds the parsed value, fences and prose around it or not", async () => {
    for (const text of [GOOD, `Here it is:\n\`\`\`json\n${GOOD}\n\`\`\`\nAnything else?`]) {
      const router = createRouter({ providers: [provider("a", { otherwise: text })] });
      const reply = await router.chat(ask(), { output });
      expect(reply.parsed).toEqual({ city: "Ulm", size: 3 });
      expect(reply.choices[0].message.content).toBe(text);
    }
  });

  test("an answer that misses it is paid for, and the next candidate is asked", async () => {
    const bad = provider("bad", { otherwise: '{"city":"Ulm"}' });
    const router = createRouter({ providers: [bad, provider("b", { otherwise: GOOD })], strategy: "ordered" });
    const { parsed, route } = await router.chat(ask(), { output });
    expect(parsed).toEqual({ city: "Ulm", size: 3 });
    expect(route.attempts.map(({ provider, outcome, detail }) => [provider, outcome, detail])).toEqual([
      ["bad", "malformed_response", "output"],
      ["b", "success", undefined],
    ]);
    expect(route.attempts[0]?.costUsd).toBeGreaterThan(0);
    // It answered, and its line is fine: nobody's breaker counts it.
    expect(router.health().candidates[0]?.status).toBe("healthy");
  });

  test("a cached answer is held against the schema again", async () => {
    const upstream = provider("a", { script: ["not json", GOOD] });
    const router = createRouter({ providers: [upstream], cache: {} });
    const plain = await router.chat({ ...ask(), response_format: { type: "json_object" } });
    expect(plain.choices[0].message.content).toBe("not json");
    const first = await router.chat({ ...ask(), response_format: { type: "json_object" } }, { output });
    const second = await router.chat({ ...ask(), response_format: { type: "json_object" } }, { output });
    expect([first.route.cache.status, second.route.cache.status]).toEqual(["miss", "hit"]);
    expect(second.parsed).toEqual({ city: "Ulm", size: 3 });
  });

  test.each(["chat", "stream"] as const)(
    "a decorated provider does not keep an answer that missed it (%s)",
    async (how) => {
      const upstream = provider("a", { script: ["not json", GOOD] });
      const router = createRouter({ providers: [cached(upstream)], retry: { attempts: 1 } });
      const asked = () => (how === "chat" ? router.chat(ask(), { output }) : router.stream(ask(), { output }).reply);
      expect((await failureOf(asked())).detail).toBe("output");
      for (let time = 0; time < 2; time += 1) expect((await asked()).parsed).toEqual({ city: "Ulm", size: 3 });
      expect(upstream.calls).toHaveLength(2);
    },
  );

  test("streams: the reply is parsed, and rejects where it cannot be; what was said was said", async () => {
    const upstream = provider("a", { script: [{ pieces: ['{"city":', '"Ulm","size":3}'] }, { pieces: ["no"] }] });
    const router = createRouter({ providers: [upstream], cache: {} });
    const told = listenTo(router, ["done", "cache"]);
    const stream = router.stream(ask(), { output });
    await readAll(stream);
    expect((await stream.reply).parsed).toEqual({ city: "Ulm", size: 3 });
    const bad = router.stream(ask("other"), { output });
    const { text } = await readAll(bad);
    const error = await failureOf(bad.reply);
    expect([text, error.kind, error.detail]).toEqual(["no", "malformed_response", "output"]);
    expect(eventsOf(told, "done").map(({ outcome }) => outcome)).toEqual(["ok", "malformed_response"]);
    expect(eventsOf(told, "cache").filter(({ status }) => status === "stored")).toHaveLength(1);
  });
});

test("the parsed value has the schema's type", async () => {
  const router = createRouter({ providers: [provider("a", { otherwise: GOOD })] });
  const { parsed } = await router.chat(ask(), { output: forZod });
  expectTypeOf(parsed).toEqualTypeOf<{ city: string; size: number }>();
  expectTypeOf((await router.chat(ask(), { output: forValibot })).parsed.size).toBeNumber();
});

test("with nobody left the same provider is asked again, within the calls of the request", async () => {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, script: ["no", "neither", GOOD] });
  const router = createRouter({ providers: [upstream], clock });
  const work = router.chat(ask(), { output: forZod });
  await clock.advance(60_000);
  expect((await work).parsed.city).toBe("Ulm");
  const hopeless = createRouter({ providers: [provider("b", { clock, otherwise: "no" })], clock });
  const failed = failureOf(hopeless.chat(ask(), { output: forZod }));
  await clock.advance(60_000);
  const error = await failed;
  expect([error.kind, error.detail, error.attempts.length]).toEqual(["malformed_response", "output", 4]);
  expect(error.message).not.toContain("hello");
});

test("a model with a JSON mode is asked in it, one without gets a sentence", async () => {
  const plain = { tools: false, vision: false, thinking: "none", json: "none" } as const;
  const schema = provider("schema", { otherwise: GOOD });
  const none = provider("none", { otherwise: GOOD, models: [testModel("m", { capabilities: plain })] });
  await createRouter({ providers: [schema] }).chat(ask(), { output: forZod });
  await createRouter({ providers: [none] }).chat(ask(), { output: forZod });
  expect(schema.calls[0]?.request.response_format).toMatchObject({ type: "json_schema" });
  expect(none.calls[0]?.request.response_format).toBeUndefined();
  expect(none.calls[0]?.request.messages[0]).toMatchObject({ role: "system" });
});

test("a schema that hangs ends with the deadline; one that throws is an answer that misses it", async () => {
  const clock = createVirtualClock();
  const make = (validate: () => never | Promise<never>): StandardSchemaV1 => ({
    "~standard": { version: 1, vendor: "test", validate },
  });
  const router = createRouter({ providers: [provider("a", { clock, otherwise: GOOD })], clock });
  const hangs = failureOf(router.chat(ask(), { output: make(() => new Promise(() => {})), timeoutMs: 100 }));
  await clock.advance(100);
  expect([(await hangs).kind, (await hangs).detail]).toEqual(["timeout", "total"]);
  const throws = make(() => {
    throw new Error("schema bug");
  });
  const failed = failureOf(router.chat(ask(), { output: throws, fallback: false, timeoutMs: 10 }));
  await clock.advance(1_000);
  expect((await failed).kind).toBe("malformed_response");
  expect(clock.pendingTimers).toBe(0);
});
