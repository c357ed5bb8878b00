import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { chunk, context, failureOf, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const refused = json({ error: { message: "Unauthorized. Access token is missing, invalid or expired." } }, 401);
const good = json(whole({ content: "42" }));
const used = () => server.seen.map(({ headers }) => headers.authorization?.slice("Bearer ".length));

describe("a key function", () => {
  it("is asked again on a 401, once for all calls in flight that used the key", async () => {
    let token = "token-old";
    let asked = 0;
    const apiKey = async () => {
      asked++;
      const given = token;
      token = asked >= 10 ? "token-new" : "token-old";
      return given;
    };
    server.answer((response, seen) =>
      (seen.headers.authorization === "Bearer token-new" ? good : refused)(response, seen),
    );
    const provider = openaiCompatible({ id: "p", baseURL, apiKey, models: [MODEL], chatUpstream: "whole" });
    const replies = await Promise.all(Array.from({ length: 10 }, () => provider.chat({ messages: HELLO }, context())));
    expect(replies.map((reply) => reply.choices[0].message.content)).toEqual(Array(10).fill("42"));
    expect([asked, used().filter((key) => key === "token-new").length]).toEqual([11, 10]);
  });

  it("is asked again for a stream, too", async () => {
    const tokens = ["old", "new"];
    server.answer(refused, sse([chunk({ content: "hi" }), chunk({}, { finish_reason: "stop" })]));
    const provider = openaiCompatible({ id: "p", baseURL, apiKey: () => tokens.shift() ?? "new", models: [MODEL] });
    let text = "";
    for await (const each of provider.stream({ messages: HELLO }, context()))
      text += each.choices[0]?.delta.content ?? "";
    expect([text, used()]).toEqual(["hi", ["old", "new"]]);
  });

  it("gets the call's tenant and metadata; a key that stays refused is that caller's", async () => {
    const contexts: unknown[] = [];
    server.answer(refused);
    const apiKey = (given: { tenant?: string | undefined; metadata?: unknown }) => {
      contexts.push([given.tenant, given.metadata]);
      return "key-of-a";
    };
    const provider = openaiCompatible({ id: "p", baseURL, apiKey, models: [MODEL], chatUpstream: "whole" });
    const call = { ...context(), tenant: "a", metadata: { team: "x" } };
    expect(await failureOf(provider.chat({ messages: HELLO }, call))).toMatchObject({
      kind: "auth",
      detail: "caller_key",
    });
    expect(contexts).toEqual(Array(2).fill(["a", { team: "x" }]));
    expect(server.seen).toHaveLength(1);
  });
});

describe("a list of keys", () => {
  it("with dead ones in it answers every request, and tries the dead ones ever more rarely", async () => {
    const clock = createVirtualClock();
    const apiKey = ["dead-0", "dead-1", "dead-2", "dead-3", "good-4"];
    const provider = openaiCompatible({ id: "p", baseURL, clock, apiKey, models: [MODEL], chatUpstream: "whole" });
    server.answer((response, seen) =>
      (seen.headers.authorization === "Bearer good-4" ? good : refused)(response, seen),
    );
    for (let minute = 0; minute < 60; minute++) {
      await provider.chat({ messages: HELLO }, context());
      await clock.advance(60_000);
    }
    // Trials after 1, 2, 4, 8, 16 and 32 minutes: six or fewer for each dead key, beside the first refusal.
    expect(server.seen.length).toBeLessThanOrEqual(60 + 4 * 7);
  });

  it("is walked within a bound", async () => {
    const apiKey = Array.from({ length: 40 }, (_, i) => `key-${i}`);
    const provider = openaiCompatible({ id: "p", baseURL, apiKey, models: [MODEL], chatUpstream: "whole" });
    server.answer(refused);
    expect((await failureOf(provider.chat({ messages: HELLO }, context()))).kind).toBe("auth");
    expect(server.seen).toHaveLength(8);
  });
});
