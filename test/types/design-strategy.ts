// The custom strategy and the custom provider of the design, as printed.
import { createReply, createRouter, defineStrategy, type Provider, simulated } from "signalbox";

const providers: Provider[] = [simulated({ id: "one" }), simulated({ id: "two" })];

const cheapestFirst = defineStrategy({
  name: "cheapest-first",
  score: (candidate) => -candidate.expectedCostUsd,
  reason: (candidate) => `$${candidate.expectedCostUsd}`,
});
createRouter({ providers, strategy: cheapestFirst });      // or strategies: [cheapestFirst], strategy: "cheapest-first"
createRouter({ providers, strategies: [cheapestFirst], strategy: "cheapest-first" });

// rank form: rank: ({ request, characteristics, candidates, random, sequence, nowMs }) => [{ id, score, reason?, propensity? }]
const ranked = defineStrategy({
  name: "ranked",
  rank: ({ request, characteristics, candidates, random, sequence, nowMs }) =>
    candidates.map(({ id }) => ({ id, score: random() + sequence + nowMs, reason: `${characteristics.kind} ${request.messages.length}`, propensity: 0.5 })),
});

// A custom provider, whole: { id, models, chat }
const model = {
  id: "m", contextWindow: 8_000, maxOutput: 1_000, usdPerMTok: null,
  capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
} as const;
const id = "mine";
const models = [model];
const chat = async () => createReply({ text: "hello", model: "m" });
const mine: Provider = { id, models, chat };

const router = createRouter({ providers: [mine], strategy: ranked });
export const answers = [
  (await router.chat({ messages: [{ role: "user", content: "hi" }] })).choices[0].message.content,
  (await createRouter({ providers, strategy: cheapestFirst }).chat({ messages: [{ role: "user", content: "hi" }] })).route.strategy,
];
