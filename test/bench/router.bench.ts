import { createRouter } from "signalbox";
import { bench, describe } from "vitest";
import { answering, bareChat, bareStream, messagesOf, PROMPT, streaming, threeProviders } from "./stub.js";

const messages = messagesOf(PROMPT);

describe("a call on a stubbed upstream", () => {
  const router = createRouter({ providers: threeProviders(answering) });
  const caching = createRouter({ providers: threeProviders(answering), cache: { maxBytes: 1 << 26, ttlMs: 600_000 } });
  bench("bare fetch", async () => {
    await bareChat(answering, PROMPT);
  });
  bench("router.chat", async () => {
    await router.chat({ messages });
  });
  bench("router.chat, a hit", async () => {
    await caching.chat({ messages });
  });
});

describe("a stream of 2,000 events on a stubbed upstream", () => {
  const upstream = streaming(2_000);
  const router = createRouter({ providers: threeProviders(upstream) });
  bench("hand-written parser", async () => {
    await bareStream(upstream, PROMPT, () => {});
  });
  bench("router.stream", async () => {
    for await (const chunk of router.stream({ messages })) void chunk;
  });
});
