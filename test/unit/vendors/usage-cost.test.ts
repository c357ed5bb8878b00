import { describe, expect, it } from "vitest";
import type { ChatReply } from "../../../src/chat/reply.js";
import { countsOf } from "../../../src/chat/usage.js";
import { costOf } from "../../../src/pricing/cost.js";
import { catalogue } from "../../../src/vendors/catalogue/index.js";
import { glm } from "../../../src/vendors/glm.js";
import type { HttpProvider } from "../../../src/vendors/http-provider.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { block, messageStream } from "./anthropic-shapes.js";
import { chunk, context, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const apiKey = "k";

function bill(provider: HttpProvider, model: string, reply: ChatReply): number {
  const info = provider.models.find((one) => one.id === model);
  return costOf(countsOf(reply.usage as NonNullable<ChatReply["usage"]>), info?.usdPerMTok ?? null) ?? Number.NaN;
}

interface Shape {
  readonly name: string;
  readonly provider: HttpProvider;
  readonly model: string;
  readonly usage: unknown;
  /** Dollars, by hand. */
  readonly wanted: number;
  /** Read, of it cached, written, of it thought. */
  readonly counts: readonly [number, number, number, number];
}

const M = 1_000_000;
const SHAPES: readonly Shape[] = [
  {
    name: "OpenAI: details, reasoning inside the output",
    provider: openaiCompatible({
      id: "p",
      baseURL,
      models: [{ ...MODEL, usdPerMTok: { input: 1, cacheRead: 0.1, output: 2 } }],
    }),
    model: "m",
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 200,
      total_tokens: 1_200,
      prompt_tokens_details: { cached_tokens: 600 },
      completion_tokens_details: { reasoning_tokens: 150 },
    },
    wanted: (400 * 1 + 600 * 0.1 + 200 * 2) / M,
    counts: [1_000, 600, 200, 150],
  },
  {
    name: "Kimi: cached tokens at the top of usage",
    provider: kimi({ apiKey, baseURL, chatUpstream: "whole" }),
    model: "kimi-k3",
    usage: { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1_000, cached_tokens: 768 },
    wanted: (132 * 3 + 768 * 0.3 + 100 * 15) / M,
    counts: [900, 768, 100, 0],
  },
  {
    name: "Kimi: cached tokens in both places, billed once",
    provider: kimi({ apiKey, baseURL, chatUpstream: "whole" }),
    model: "kimi-k3.1-pro",
    usage: {
      prompt_tokens: 900,
      completion_tokens: 100,
      cached_tokens: 768,
      prompt_tokens_details: { cached_tokens: 768 },
    },
    wanted: (132 * 2 + 768 * 0.2 + 100 * 10) / M,
    counts: [900, 768, 100, 0],
  },
  {
    name: "MiniMax: cache reads and writes under Anthropic's names",
    provider: minimax({ apiKey, baseURL, chatUpstream: "whole" }),
    model: "MiniMax-M2.7",
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 50,
      prompt_tokens_details: { cache_read_input_tokens: 622, cache_creation_input_tokens: 300 },
    },
    wanted: (78 * 0.3 + 622 * 0.06 + 300 * 0.375 + 50 * 1.2) / M,
    counts: [1_000, 622, 50, 0],
  },
  {
    name: "MiniMax M3 above 512K: the whole request at the higher tier",
    provider: minimax({ apiKey, baseURL, chatUpstream: "whole" }),
    model: "MiniMax-M3",
    usage: { prompt_tokens: 600_000, completion_tokens: 1_000, prompt_tokens_details: { cached_tokens: 100_000 } },
    wanted: (500_000 * 0.6 + 100_000 * 0.12 + 1_000 * 2.4) / M,
    counts: [600_000, 100_000, 1_000, 0],
  },
  {
    name: "a vendor that counts thinking beside the output",
    provider: glm({ apiKey, baseURL, chatUpstream: "whole" }),
    model: "glm-5.3",
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 420,
      completion_tokens_details: { reasoning_tokens: 300 },
    },
    wanted: (100 * 1.4 + 320 * 4.4) / M,
    counts: [100, 0, 320, 300],
  },
  {
    name: "more cached than read: never a negative price",
    provider: glm({ apiKey, baseURL, chatUpstream: "whole" }),
    model: "glm-4.7",
    usage: { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 400 } },
    wanted: (100 * 0.11 + 10 * 2.2) / M,
    counts: [100, 100, 10, 0],
  },
];

function near(got: number, wanted: number): void {
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(wanted * 0.001);
}

describe("usage and cost against a hand calculation (recorded shapes, loopback server)", () => {
  it.each(SHAPES)("$name", async ({ provider, model, usage, wanted, counts }) => {
    const ask = () => provider.chat({ messages: HELLO, model }, context());
    server.answer(json(whole({ content: "42" }, { usage })));
    const reply = await ask();
    near(bill(provider, model, reply), wanted);
    const found = countsOf(reply.usage as NonNullable<ChatReply["usage"]>);
    expect([found.input + found.cacheRead + found.cacheWrite, found.cacheRead, found.output, found.reasoning]).toEqual(
      counts,
    );
    expect(reply.usage?.total_tokens).toBe(counts[0] + counts[2]);
    expect(found.estimated).toBe(false);
    // The same as a stream: in the last event, in the choice, and repeated in every event.
    for (const events of [
      [chunk({ content: "42" }, { finish_reason: "stop" }), { id: "c1", choices: [], usage }],
      [chunk({ content: "42" }), { id: "c1", choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] }],
      [chunk({ content: "42" }, { usage }), chunk({}, { finish_reason: "stop", usage })],
    ]) {
      server.answer(sse(events));
      let last: ChatReply["usage"];
      for await (const one of provider.stream({ messages: HELLO, model }, context())) last = one.usage ?? last;
      expect(last).toEqual(reply.usage);
    }
  });

  it("Anthropic: input without the cache, output as a running total", async () => {
    const provider = minimax({ apiKey, baseURL: server.url, wire: "anthropic" });
    server.answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const usage = {
        input_tokens: 100,
        cache_read_input_tokens: 500,
        cache_creation_input_tokens: 200,
        output_tokens: 1,
      };
      response.end(
        messageStream([block("text", ["42"])], { usage, outputUsage: { input_tokens: 0, output_tokens: 70 } }),
      );
    });
    const reply = await provider.chat({ messages: HELLO, model: "MiniMax-M2.7" }, context());
    expect(reply.usage).toMatchObject({ prompt_tokens: 800, completion_tokens: 70, total_tokens: 870 });
    near(bill(provider, "MiniMax-M2.7", reply), (100 * 0.3 + 500 * 0.06 + 200 * 0.375 + 70 * 1.2) / M);
  });

  it("prices hang on the instance: region and user's own", () => {
    const price = (provider: HttpProvider, id: string) =>
      provider.models.find((one) => one.id === id)?.usdPerMTok?.input;
    expect(price(glm({ apiKey }), "glm-5.1")).toBe(1.4);
    expect(price(glm({ apiKey, region: "china" }), "glm-5.1")).toBeCloseTo(0.8276, 3);
    expect(price(glm({ apiKey, models: [{ id: "glm-5.1", usdPerMTok: { input: 9, output: 9 } }] }), "glm-5.1")).toBe(9);
    expect(catalogue.glm.find((one) => one.id === "glm-5.1")?.usdPerMTok?.input).toBe(1.4);
  });
});
