// Compiled in a clean install under node16, nodenext and bundler, as ESM and as CJS, with skipLibCheck off.
import {
  type ChatReply,
  createReply,
  createRouter,
  defineStrategy,
  type Message,
  type Provider,
  SignalboxError,
  simulated,
} from "signalbox";
import * as aiSdk from "signalbox/ai-sdk";
import * as keyv from "signalbox/keyv";
import { createFetch } from "signalbox/openai";
import * as otel from "signalbox/otel";
import * as prometheus from "signalbox/prometheus";
import * as redis from "signalbox/redis";
import { renderReport } from "signalbox/report";
import * as testing from "signalbox/testing";

export const doors = [aiSdk, keyv, otel, prometheus, redis, testing];

const echo: Provider = {
  id: "echo",
  models: [
    {
      id: "echo-1",
      contextWindow: 8_000,
      maxOutput: 1_000,
      usdPerMTok: null,
      capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
    },
  ],
  chat: async (request) => createReply({ model: "echo-1", text: String(request.messages.at(-1)?.content) }),
};
const first = defineStrategy({ name: "first", score: (candidate) => -candidate.position });

export async function main(): Promise<ChatReply> {
  const router = createRouter({ providers: [echo, simulated({ id: "spare" })], strategy: first });
  const messages: Message[] = [{ role: "user", content: "hi" }];
  const fetch: typeof globalThis.fetch = createFetch(router);
  router.on("attempt", ({ candidate, latencyMs }) => void `${candidate.toUpperCase()} ${latencyMs.toFixed()}`);
  const page: string = renderReport(router.stats());
  try {
    const reply = await router.chat({ messages });
    const text: string | null = reply.choices[0].message.content;
    void [text, reply.route.provider, fetch, page];
    for await (const chunk of router.stream({ messages })) void chunk.choices[0]?.delta.content;
    return reply;
  } catch (error) {
    if (SignalboxError.isInstance(error) && error.kind === "rate_limit") void error.retryAfterMs?.toFixed();
    throw error;
  } finally {
    await router.close();
  }
}
