import { adaptive, createRouter, simulated, weighted } from "signalbox";

const providers = [
  simulated({ id: "minimax", usdPerMTok: { input: 0.3, output: 1.2 } }),
  simulated({ id: "glm", usdPerMTok: { input: 1, output: 3.2 } }),
];

// 0: price and speed count most; 1: the answer alone.
const careful = createRouter({ providers, strategy: adaptive({ quality: 0.8 }) });
// Strong models get a fifth of the calls: those that gain most.
const thrifty = createRouter({ providers, strategy: adaptive({ quota: { share: 0.2 } }) });
// By provider or by "provider/model".
const threeToOne = createRouter({ providers, strategy: weighted({ minimax: 3, glm: 1 }) });

const messages = [{ role: "user" as const, content: "Hello" }];
const counts: Record<string, number> = {};
for (let call = 0; call < 400; call += 1) {
  const { provider } = (await threeToOne.chat({ messages })).route;
  counts[provider] = (counts[provider] ?? 0) + 1;
}
console.log(`of 400 calls, weighted 3 to 1: ${JSON.stringify(counts)}`);

for (const router of [careful, thrifty, threeToOne]) {
  console.log(router.explain({ messages }).candidates[0]?.reasons.join("; "));
  await router.close();
}
