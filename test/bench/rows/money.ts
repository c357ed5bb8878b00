import { createReply, createRouter, type Provider } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import type { Row, Section } from "../row.js";
import { MODEL, messagesOf, PROMPT } from "../stub.js";

const CALLS = 100;
const ANSWER_MS = 5;
const WRITTEN = 4_000;
const CALL_USD = WRITTEN / 1e5;
const HOUR_MS = 3_600_000;

const CASES = [
  { what: "no max_tokens, budget for 25 of them", maxUsd: 25.5 * CALL_USD, limit: undefined, most: 1 },
  { what: "max_tokens, budget for 25 of them", maxUsd: 25.5 * CALL_USD, limit: WRITTEN, most: 0 },
  { what: "max_tokens, budget for all", maxUsd: 2 * CALLS * CALL_USD, limit: WRITTEN, most: 0 },
] as const;

/** A hundred calls at once against a budget: by how much it is overspent, and who waits for money. */
export async function money(): Promise<Section> {
  const rows: Row[] = [];
  for (const { what, maxUsd, limit, most } of CASES) {
    const clock = createVirtualClock();
    const startedAtMs: number[] = [];
    const provider: Provider = {
      id: "a",
      models: [{ ...MODEL, maxOutput: 8_000, usdPerMTok: { input: 0, output: 10 } }],
      async chat() {
        startedAtMs.push(clock.now());
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), ANSWER_MS));
        const usage = { prompt_tokens: 1, completion_tokens: WRITTEN, total_tokens: WRITTEN + 1 };
        return createReply({ text: "x", model: MODEL.id, usage });
      },
    };
    const budgets = [{ per: "tenant", maxUsd, windowMs: HOUR_MS }] as const;
    const router = createRouter({ providers: [provider], budgets, clock });
    const request = { messages: messagesOf(PROMPT), max_tokens: limit ?? null };
    const calls = Array.from({ length: CALLS }, () => router.chat(request, { tenant: "acme" }).catch(() => {}));
    for (let i = 0; i < CALLS; i += 1) await clock.advance(ANSWER_MS);
    await Promise.all(calls);
    const over = Math.max(0, (router.budget("acme")?.spentUsd ?? 0) - maxUsd) / CALL_USD;
    const waited = startedAtMs.filter((atMs) => atMs > 0).length;
    rows.push(
      { what: `${what}: overspent`, value: over, unit: "calls", target: most, note: `${startedAtMs.length} ran` },
      { what: `${what}: waited`, value: waited, unit: "calls", target: maxUsd > CALLS * CALL_USD ? 0 : undefined },
      { what: `${what}: the last began after`, value: Math.max(...startedAtMs), unit: "ms" },
    );
    await router.close();
  }
  const about = `${CALLS} calls at once to a provider that answers after ${ANSWER_MS} ms of a virtual clock, one tenant with a budget`;
  return { name: "money", about, rows };
}
