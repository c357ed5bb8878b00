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
const dice = defineStrategy({
  name: "dice",
  rank: ({ candidates, random }) => {
    const first = Math.floor(random() * candidates.length);
    const order = [...candidates.slice(first), ...candidates.slice(0, first)];
    return order.map(({ id }, index) => ({ id, score: -index, propensity: 1 / candidates.length }));
  },
});

const router = createRouter({ providers, strategy: cheapestFirst, strategies: [dice] });
const request = { messages: [{ role: "user" as const, content: "Hello" }] };

const reply = await router.chat(request);
console.log(`cheapest-first: ${reply.route.provider}`);

const other = await router.chat(request, { strategy: "dice" });
console.log(`dice: ${other.route.provider}`);

// Nothing is called and nothing recorded.
for (const { id, score, reasons } of router.explain(request).candidates) console.log(id, score, reasons.join("; "));

await router.close();
