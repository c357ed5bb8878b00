import { describe, expect, it } from "vitest";
import type { ChatChunk } from "../../../src/chat/chunk.js";
import type { AnyProvider } from "../../../src/contract/provider.js";
import { createRouter } from "../../../src/index.js";

const capabilities = { tools: true, vision: false, thinking: "none", json: "schema" } as const;
const models = [{ id: "m", contextWindow: 16_000, maxOutput: 1_000, capabilities, usdPerMTok: null }];
const messages = [{ role: "user", content: "q" }] as const;
const chunkOf = (content: string): ChatChunk => ({
  id: "x",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
/** Enough to hold the process for seconds; a test that fails must end all the same. */
const MANY = 2_000_000;

/** Every chunk is ready: without a turn for timers, no deadline can pass. */
function ready(content: string): AnyProvider {
  return {
    id: "own",
    models,
    async *stream() {
      for (let i = 0; i < MANY; i++) yield chunkOf(content);
    },
  };
}

/** As `ready`, through the `poll` of this library's own streams. */
function polled(content: string): AnyProvider {
  let left = MANY;
  const iterator = {
    [Symbol.asyncIterator]: () => iterator,
    poll: () => (left-- > 0 ? chunkOf(content) : undefined),
    next: async () => (left-- > 0 ? { done: false, value: chunkOf(content) } : { done: true, value: undefined }),
  };
  return { id: "own", models, stream: () => iterator } as unknown as AnyProvider;
}

describe("a provider whose chunks are always ready does not starve timers", () => {
  for (const [name, make] of Object.entries({ ready, polled })) {
    for (const content of ["", "x"]) {
      it(`${name}, ${content === "" ? "without content" : "with content"}: the deadline holds`, async () => {
        const router = createRouter({ providers: [make(content)], timeouts: { totalMs: 100 } });
        let turns = 0;
        const timer = setInterval(() => turns++, 5);
        const streamed = async () => {
          for await (const _chunk of router.stream({ messages })) {
            // Reads as fast as it can.
          }
        };
        await expect(streamed()).rejects.toMatchObject({ kind: expect.stringMatching(/timeout|stream_interrupted/) });
        await expect(router.chat({ messages })).rejects.toMatchObject({
          kind: expect.stringMatching(/timeout|stream_interrupted/),
        });
        clearInterval(timer);
        expect(turns).toBeGreaterThan(0);
        await router.close();
      });
    }
  }
});
