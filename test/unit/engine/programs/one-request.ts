import { createRouter, simulated } from "signalbox";

// Every part that could keep a process alive is on: nothing is closed, and the process ends by itself.
const failing = simulated({ id: "failing", failures: () => ({ kind: "server" }) });
const router = createRouter({
  providers: [failing, simulated({ id: "answering", reply: "hello" })],
  strategy: "ordered",
  cache: {},
  hedge: { afterMs: 5_000, maxShare: 1 },
  limits: { "*": { maxConcurrent: 2 } },
  budgets: [{ per: "router", maxUsd: 1, windowMs: 60_000 }],
  probe: { intervalMs: 60_000 },
});
const messages = [{ role: "user" as const, content: "hello" }];
const reply = await router.chat({ messages });
const text = await router.stream({ messages: [...messages, ...messages] }).text();
process.stdout.write(`${reply.choices[0].message.content} ${text}`);
