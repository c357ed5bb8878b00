import { createRouter, simulated } from "signalbox";

// A vendor that fails every call, and one that works.
const failing = simulated({ id: "failing", failures: () => "server" });
const router = createRouter({
  providers: [failing, simulated({ id: "healthy", reply: "Hello." })],
  strategy: "ordered",
});

router.on("attempt", ({ candidate, role, outcome, latencyMs }) =>
  console.log(`attempt ${role}: ${candidate} ${outcome}, ${Math.round(latencyMs)} ms`),
);
router.on("fallback", ({ from, to, error }) => console.log(`fallback: ${from} -> ${to} (${error})`));
router.on("breaker", ({ candidate, from, to, reason }) =>
  console.log(`breaker: ${candidate} ${from} -> ${to} (${reason})`),
);
router.on("done", ({ outcome, provider, attempts }) =>
  console.log(`done: ${outcome} by ${provider} after ${attempts.length}`),
);

for (let call = 0; call < 8; call += 1) await router.chat({ messages: [{ role: "user", content: `Hello ${call}` }] });

for (const { id, status, reasons } of router.health().candidates)
  console.log(`health: ${id} ${status} ${reasons.join("; ")}`);

await router.close();
