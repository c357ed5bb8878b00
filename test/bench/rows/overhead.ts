import { createRouter, type RouterOptions } from "signalbox";
import { timeCalls } from "../measure.js";
import type { Row, Section } from "../row.js";
import { answering, bareChat, messagesOf, PROMPT, threeProviders } from "../stub.js";

const STRATEGIES = [
  "adaptive",
  "performance-weighted",
  "cost-optimized",
  "load-balanced",
  "reliability-focused",
  "round-robin",
  "weighted",
  "ordered",
];

/** What one call costs above a bare fetch that answers at once. */
export async function overhead(): Promise<Section> {
  const messages = messagesOf(PROMPT);
  const router = (more: Partial<RouterOptions>) => createRouter({ providers: threeProviders(answering), ...more });
  const plain = STRATEGIES.map((strategy) => ({ name: strategy, router: router({ strategy }) }));
  let sequence = 0;
  const listening = router({ cache: { maxBytes: 1 << 26, ttlMs: 60_000 } });
  const listener = (): void => {
    sequence += 1;
  };
  for (let count = 0; count < 3; count += 1) {
    for (const event of ["request", "decision", "attempt", "cache", "done"] as const) listening.on(event, listener);
  }
  const subjects = [
    { name: "bare", run: () => bareChat(answering, PROMPT) },
    ...plain.map(({ name, router }) => ({ name, run: () => router.chat({ messages }) })),
    { name: "miss", run: () => listening.chat({ messages: messagesOf(`${PROMPT}${sequence}`) }) },
  ];
  const times = await timeCalls(subjects, { calls: 3_000, warm: 3_000, rounds: 5 });
  await Promise.all([...plain.map(({ router }) => router.close()), listening.close()]);
  const bare = times.get("bare") ?? { us: Number.NaN, p99: Number.NaN };
  const over = (name: string): number => (times.get(name)?.us ?? Number.NaN) - bare.us;
  const rows: Row[] = plain.map(({ name }) => ({
    what: name === "adaptive" ? "adaptive (default)" : name,
    value: over(name),
    unit: "us",
    target: 25,
    note: name === "adaptive" ? "aim 15" : undefined,
  }));
  rows.push(
    { what: "with a cache that misses, 3 listeners on each event", value: over("miss"), unit: "us", target: 25 },
    { what: "whole call, median", value: times.get("adaptive")?.us ?? Number.NaN, unit: "us", bare: bare.us },
    { what: "whole call, p99", value: times.get("adaptive")?.p99 ?? Number.NaN, unit: "us", bare: bare.p99 },
  );
  const about = "time of router.chat above a bare stubbed fetch; 3 providers, breaker and metrics on, no feedback";
  return { name: "overhead", about, rows };
}
