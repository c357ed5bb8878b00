import { createRouter, defineFeature, simulated } from "signalbox";

interface AuditLine {
  readonly requestId: string;
  readonly tenant: string | undefined;
  readonly calls: readonly string[];
  readonly outcome: string;
  readonly costUsd: number | null;
}

/** Writes one line per request, whatever becomes of it. It holds ids, counts and outcomes, and no word of the prompt. */
function auditLog(write: (line: AuditLine) => void) {
  return defineFeature({
    name: "audit-log",
    state: () => ({ calls: [] as string[] }),
    settled: ({ candidate, outcome }, { state }) => void state.calls.push(`${candidate} ${outcome}`),
    ended: ({ requestId, tenant, outcome, costUsd }, { state }) =>
      write({ requestId, tenant, calls: state.calls, outcome, costUsd }),
  });
}

const router = createRouter({
  providers: [
    simulated({ id: "shaky", failures: ["server"] }),
    simulated({ id: "steady", usdPerMTok: { input: 1, output: 2 } }),
  ],
  strategy: "cost-optimized",
  use: [auditLog(({ requestId: _, ...line }) => console.log(line))],
});

await router.chat({ messages: [{ role: "user", content: "Hello" }] }, { tenant: "acme" });
await router.chat({ messages: [{ role: "user", content: "Hello" }] }, { requireTags: ["nowhere"] }).catch(() => {});

await router.close();
