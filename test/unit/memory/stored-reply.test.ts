import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunksOf } from "../../../src/chat/chunks.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { Usage } from "../../../src/chat/usage.js";
import { decodeReply, encodeReply } from "../../../src/memory/reply-codec.js";
import { packReply, unpackReply } from "../../../src/memory/stored-reply.js";
import { packUsage, unpackUsage } from "../../../src/memory/usage-pack.js";

const text = fc.string({ unit: "binary", maxLength: 80 });
const count = fc.nat({ max: 1_000_000 });

const usage: fc.Arbitrary<Usage> = fc
  .record(
    {
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      prompt_tokens_details: fc.record(
        { cached_tokens: count, cache_write_tokens: count, audio_tokens: count },
        { requiredKeys: [] },
      ),
      completion_tokens_details: fc.record(
        {
          reasoning_tokens: count,
          audio_tokens: count,
          accepted_prediction_tokens: count,
          rejected_prediction_tokens: count,
        },
        { requiredKeys: [] },
      ),
      estimated: fc.boolean(),
    },
    { requiredKeys: ["prompt_tokens", "completion_tokens", "total_tokens"] },
  )
  .map((counts) => counts as Usage);

const call = fc.record({
  id: text,
  type: fc.constant("function" as const),
  function: fc.record({ name: text, arguments: text }),
});

const reply: fc.Arbitrary<ChatReply> = fc
  .record({
    id: text,
    created: fc.nat(),
    model: text,
    content: fc.option(text, { nil: null }),
    refusal: fc.option(text, { nil: null }),
    finish: fc.constantFrom("stop" as const, "tool_calls" as const, "length" as const),
    reasoning: fc.option(text, { nil: undefined }),
    calls: fc.option(fc.array(call, { maxLength: 3 }), { nil: undefined }),
    state: fc.option(fc.record({ issuer: text, data: fc.jsonValue() }), { nil: undefined }),
    usage: fc.option(usage, { nil: undefined }),
    fingerprint: fc.option(text, { nil: undefined }),
    logprob: fc.option(
      fc.double({ noNaN: true, noDefaultInfinity: true, max: 0 }).filter((n) => !Object.is(n, -0)),
      { nil: undefined },
    ),
  })
  .map((made): ChatReply => {
    const token = (logprob: number) => ({ token: "a", bytes: [97], logprob, top_logprobs: [] });
    return {
      id: made.id,
      object: "chat.completion",
      created: made.created,
      model: made.model,
      choices: [
        {
          index: 0,
          finish_reason: made.finish,
          logprobs: made.logprob === undefined ? null : { content: [token(made.logprob)], refusal: null },
          message: {
            role: "assistant",
            content: made.content,
            refusal: made.refusal,
            ...(made.reasoning === undefined ? {} : { reasoning_content: made.reasoning }),
            ...(made.calls === undefined ? {} : { tool_calls: made.calls }),
            ...(made.state === undefined ? {} : { provider_state: made.state }),
          },
        },
      ],
      ...(made.usage === undefined ? {} : { usage: made.usage }),
      ...(made.fingerprint === undefined ? {} : { system_fingerprint: made.fingerprint }),
    };
  });

/** JSON writes -0 as 0: opaque state that goes through a store may lose that sign, and nothing else. */
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("a stored reply", () => {
  it("comes back as it was, whatever it holds, and streams the same events", () => {
    fc.assert(
      fc.property(
        reply,
        text,
        text,
        fc.option(fc.double({ min: 0, max: 9, noNaN: true }), { nil: null }),
        (original, provider, model, costUsd) => {
          const candidate = fc.sample(
            fc.constantFrom(`${provider}/${original.model}`, `${provider}/${model}`, model),
            1,
          )[0] as string;
          const about = {
            provider,
            candidate,
            storedAtWallMs: 1_767_225_600_123,
            costUsd: costUsd === 0 ? 0 : costUsd,
          };
          const stored = decodeReply(encodeReply(packReply(original, about)));
          expect(stored).toMatchObject({ ...about, model: original.model });
          const again = unpackReply(stored as NonNullable<typeof stored>);
          expect(again).toEqual(asJson(original));
          expect(chunksOf(again)).toEqual(chunksOf(asJson(original)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("packs usage losslessly, and leaves what it does not know as it is", () => {
    fc.assert(
      fc.property(usage, (counts) => {
        const packed = packUsage(counts);
        expect(unpackUsage(packed as number[])).toEqual(counts);
      }),
    );
    const odd = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, vendor_tokens: 4 } as Usage;
    expect(packUsage(odd)).toBeNull();
    expect(packUsage({ ...odd, prompt_tokens_details: { vendor: 1 } } as unknown as Usage)).toBeNull();
    expect(packUsage({ prompt_tokens: Number.NaN, completion_tokens: 0, total_tokens: 0 })).toBeNull();
  });

  it("is the reader's own: changing one changes no other", () => {
    const original: ChatReply = {
      id: "1",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [
        {
          index: 0,
          finish_reason: "tool_calls",
          logprobs: null,
          message: {
            role: "assistant",
            content: null,
            refusal: null,
            tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
            provider_state: { issuer: "p", data: { list: [1] } },
          },
        },
      ],
    };
    const stored = packReply(original, { provider: "p", candidate: "p/m", storedAtWallMs: 1, costUsd: null });
    const first = unpackReply(stored);
    const [firstCall] = first.choices[0].message.tool_calls ?? [];
    if (firstCall?.type === "function") firstCall.function.arguments = "changed";
    (first.choices[0].message.provider_state as { data: { list: number[] } }).data.list.push(2);
    expect(unpackReply(stored)).toEqual(original);
  });
});

describe("what is not one of our entries", () => {
  it("is undefined and never throws", () => {
    const good = encodeReply(
      packReply(
        {
          id: "1",
          object: "chat.completion",
          created: 1,
          model: "m",
          choices: [
            {
              index: 0,
              finish_reason: "stop",
              logprobs: null,
              message: { role: "assistant", content: "hi", refusal: null, reasoning_content: "r" },
            },
          ],
        },
        { provider: "p", candidate: "p/m", storedAtWallMs: 1, costUsd: 0 },
      ),
    );
    expect(decodeReply(good)).toBeDefined();
    const newline = good.indexOf("\n");
    for (let cut = 0; cut <= newline; cut++) expect(decodeReply(good.slice(0, cut))).toBeUndefined();
    expect(decodeReply(good.replace("[2,", "[1,"))).toBeUndefined();
    for (const value of [undefined, null, 7, {}, [], "", "\n", "{}\n", "[]\ntext", "[1]\ntext", "null\n"]) {
      expect(decodeReply(value)).toBeUndefined();
    }
    const fields: unknown[] = JSON.parse(good.slice(0, newline));
    fc.assert(
      fc.property(fc.nat({ max: fields.length - 1 }), fc.jsonValue(), (index, bad) => {
        const head = [...fields];
        head[index] = bad;
        const decoded = decodeReply(`${JSON.stringify(head)}\nhi`);
        if (decoded !== undefined) expect(typeof unpackReply(decoded).model).toBe("string");
      }),
      { numRuns: 500 },
    );
  });
});
