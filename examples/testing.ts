import { createRouter } from "signalbox";
import { createVirtualClock, scriptedProvider } from "signalbox/testing";

// No network and no waiting: the first provider hangs, the clock is moved by hand, the second one answers.
const clock = createVirtualClock();
const hanging = scriptedProvider({ id: "hanging", otherwise: { hang: true }, clock });
const healthy = scriptedProvider({ id: "healthy", script: ["Hello."], clock });
const router = createRouter({ providers: [hanging, healthy], strategy: "ordered", clock });

const asked = router.chat({ messages: [{ role: "user", content: "Hello?" }] });
await clock.advance(120_000);
const { choices, route } = await asked;
console.log(choices[0].message.content);
console.log(route.attempts.map(({ provider, outcome }) => `${provider}: ${outcome}`).join(", "));
console.log(`${Math.round(route.latencyMs / 1_000)} s passed for the router, none for the test`);

await router.close();
