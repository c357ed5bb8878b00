import { createRouter, defineStrategy, simulated } from "signalbox";

const providers = [
  simulated({ id: "dear", usdPerMTok: { input: 3, output: 15 } }),
  simulated({ id: "cheap", usdPerMTok: { input: 0.1, output: 0.4 } }),
];

// A number per candidate, highest first: the router takes the best without sorting.
const cheapestFirst = defineStrategy({
  name: "cheapest-first",
  score: (candidate) => -candidate.expectedCostUsd,
  reason: (candidate) => `$${candidate.expectedCostUsd}`,
});

// Or the whole order. `random` is the router's own, so that a logged decision can be replayed.
const coin = defineStrategy({
  name: "coin",
  rank: ({ candidates, random }) => {
    const ids = candidates.map(({ id }) => id);
    const order = random() < 0.5 ? ids : ids.reverse();
    return order.map((id, index) => ({ id, score: -index, propensity: 0.5 }));
  },
});

const router = createRouter({ providers, strategy: cheapestFirst, strategies: [coin] });
const request = { messages: [{ role: "user" as const, content: "Hello" }] };

const reply = await router.chat(request);
console.log(`cheapest-first: ${reply.route.provider}`);

const other = await router.chat(request, { strategy: "coin" });
console.log(`coin: ${other.route.provider}`);

// Nothing is called and nothing recorded.
for (const { id, score, reasons } of router.explain(request).candidates) console.log(id, score, reasons.join("; "));

await router.close();
