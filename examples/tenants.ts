import { createRouter, SignalboxError, simulated } from "signalbox";

const router = createRouter({
  providers: [
    simulated({
      id: "demo",
      reply: ({ messages }) => `Answer to ${messages.length} message`,
      usdPerMTok: { input: 1_000, output: 4_000 },
    }),
  ],
  cache: { maxBytes: 16 * 1024 * 1024, ttlMs: 60_000 },
  budgets: [{ per: "tenant", maxUsd: 0.5, windowMs: 86_400_000, onExceeded: "reject" }],
});

// Views of one router: breakers, metrics and limits are shared, answers and budgets are not.
const acme = router.with({ tenant: "acme" });
const globex = router.with({ tenant: "globex" });
const request = {
  messages: [{ role: "user" as const, content: "Our plan for next year?" }],
  max_completion_tokens: 20,
};

for (const [name, view] of Object.entries({ acme, globex })) {
  await view.chat(request);
  const again = await view.chat(request);
  console.log(`${name}: asked again, ${again.route.cache.status}`);
}

for (let call = 0; call < 20; call += 1) {
  try {
    await acme.chat({ ...request, messages: [{ role: "user", content: `Question ${call}` }] });
  } catch (error) {
    if (!SignalboxError.isInstance(error)) throw error;
    console.log(`acme after ${call} more: ${error.kind}`);
    break;
  }
}
console.log(
  "globex goes on:",
  (await globex.chat({ ...request, messages: [{ role: "user", content: "Still there?" }] })).route.cache.status,
);

await router.close();
