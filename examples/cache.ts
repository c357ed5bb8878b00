import { cached, createCache, createRouter, simulated } from "signalbox";

const model = simulated({ id: "demo", reply: "42", delayMs: 50, usdPerMTok: { input: 1, output: 4 } });
const ask = (content: string) => ({ messages: [{ role: "user" as const, content }] });

// One look-up before anything is decided: any eligible candidate's stored answer serves.
const router = createRouter({ providers: [model], cache: { maxBytes: 16 * 1024 * 1024, ttlMs: 60_000 } });
for (const question of ["What is 6 x 7?", "What is 6 x 7?", "What is 6 x 8?"]) {
  const { route } = await router.chat(ask(question));
  console.log(
    `${question} ${route.cache.status}, ${Math.round(route.latencyMs)} ms, saved $${route.cache.savedUsd ?? 0}`,
  );
}

// Ten at once are one upstream call.
const together = await Promise.all(Array.from({ length: 10 }, () => router.chat(ask("And 6 x 9?"))));
console.log(together.map(({ route }) => route.cache.status).join(" "));
await router.close();

// The same around one provider, with a cache of your own.
const cache = createCache({ maxBytes: 1024 * 1024, ttlMs: 60_000 });
const two = createRouter({ providers: [cached(model, { cache })] });
await two.chat(ask("Twice"));
await two.chat(ask("Twice"));
console.log(cache.stats());
await two.close();
