/**
 * A decision log to play with on the site: a made-up afternoon of three simulated models, one of which slows down halfway.
 * Seeded and on a virtual clock, so that it is the same every time.
 */
import { createRouter, type DecisionLogLine, simulated, weighted } from "../../src/index.js";
import { createVirtualClock, seededRandom } from "../../src/testing/index.js";

const REQUESTS = 360;
/** Milliseconds from one request to the next. */
const PAUSE_MS = 6_000;

const QUESTIONS = [
  "Write a function that reverses a list in TypeScript.",
  "Summarise the minutes of the meeting in three sentences.",
  "Hello! What can you help me with?",
  "Translate this paragraph into French, please.",
];

export async function sampleLog(): Promise<readonly DecisionLogLine[]> {
  const clock = createVirtualClock();
  const random = seededRandom(19);
  const log: DecisionLogLine[] = [];
  const model = (id: string, ttftMs: (call: number) => number, usd: number, failing: number) =>
    simulated({
      id,
      clock,
      random: seededRandom(id.length),
      reply: "An answer of some twenty words, made up for a page on which strategies are compared with one another.",
      ttftMs: (call) => ttftMs(call) * (0.7 + 0.6 * random()),
      tokensPerSecond: 80,
      usdPerMTok: { input: usd, output: 4 * usd },
      failures: { rate: failing, failure: "server" },
    });
  const router = createRouter({
    providers: [
      model("quick", (call) => (call > 60 ? 1_500 : 250), 1, 0.01),
      model("cheap", () => 800, 0.2, 0.05),
      model("strong", () => 600, 4, 0.005),
    ],
    strategy: weighted({ quick: 1, cheap: 1, strong: 1 }),
    clock,
    random: seededRandom(7),
    decisionLog: (line) => void log.push(line),
  });
  for (let index = 0; index < REQUESTS; index++) {
    const content = `${QUESTIONS[index % QUESTIONS.length]} (${index})`;
    const asked = router.chat({ messages: [{ role: "user", content }], max_tokens: 100 }).catch(() => undefined);
    await clock.advance(PAUSE_MS);
    const reply = await asked;
    if (reply) router.feedback(reply, { score: scoreOf(reply.route.provider, random) });
  }
  await router.close();
  return log;
}

function scoreOf(provider: string, random: () => number): number {
  const mean = provider === "strong" ? 0.85 : provider === "quick" ? 0.7 : 0.6;
  return Math.min(1, Math.max(0, mean + 0.3 * (random() - 0.5)));
}
