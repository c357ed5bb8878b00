import { type ChatRequest, createRouter, type ErrorKind, type RouterOptions, SignalboxError } from "signalbox";
import { createVirtualClock, type ScriptAction, scriptedProvider, seededRandom, testModel } from "signalbox/testing";
import { listenTo, readAll } from "../engine/support.js";

const FEATURES = ["hedge", "degrade", "escalate", "cache", "sharing", "budgets", "limits"] as const;
export type GoldenFeature = (typeof FEATURES)[number];

/** One seeded world: which features are on, and whether its requests stream. */
export interface Scenario {
  readonly name: string;
  readonly features: readonly GoldenFeature[];
  readonly streamed: boolean;
  readonly seed: number;
}

/** Nothing, each feature alone, each pair and all of them together, each as chat and as streams: 60 in all. */
export function scenarios(): Scenario[] {
  const sets: (readonly GoldenFeature[])[] = [[], ...FEATURES.map((feature) => [feature])];
  FEATURES.forEach((one, at) => {
    for (const other of FEATURES.slice(at + 1)) sets.push([one, other]);
  });
  sets.push(FEATURES);
  return sets.flatMap((features, seed) =>
    [false, true].map((streamed) => ({
      name: `${features.join("+") || "plain"} ${streamed ? "stream" : "chat"}`,
      features,
      streamed,
      seed: seed + 1,
    })),
  );
}

const FAILURES = ["server", "overloaded", "rate_limit", "network", "context_length"] as const;
const MINUTE_MS = 60_000;

/** Plays one scenario and gives what a user saw of it, one line each. */
export async function play({ features, streamed, seed }: Scenario): Promise<string[]> {
  const on = (feature: GoldenFeature): boolean => features.includes(feature);
  const clock = createVirtualClock();
  const random = seededRandom(seed);
  const provider = (id: string, failing: number, slow: number, usd: number) =>
    scriptedProvider({
      id,
      clock,
      models: [testModel("m", { usdPerMTok: { input: usd, output: 2 * usd } })],
      otherwise: (): ScriptAction => {
        const delayMs = Math.round(random() < slow ? 3_000 + 4_000 * random() : 40 + 400 * random());
        const kind: ErrorKind | undefined = random() < failing ? FAILURES[Math.floor(random() * 5)] : undefined;
        if (kind) return { error: new SignalboxError(kind, `fails with ${kind}`), delayMs };
        const text = random() < 0.4 ? "short" : `a longer answer of ${id}`;
        if (!streamed) return { text, delayMs };
        const pieces = [delayMs, text, 20, random() < 0.1 ? new Error("cut") : " and its end"];
        return { pieces };
      },
    });
  const options: RouterOptions = {
    providers: [
      provider("a", 0.35, 0.3, 1),
      provider("b", 0.3, 0.2, 2),
      provider("c", 0.2, 0.1, 8),
      // Only `degrade` and `escalate` ask it.
      { ...provider("d", 0.2, 0, 4), autoModels: [] },
    ],
    strategy: "cost-optimized",
    clock,
    random: seededRandom(seed + 1_000),
    timeouts: { totalMs: 20_000 },
    ...(on("hedge") ? { hedge: { afterMs: 600, maxShare: 1 } } : {}),
    ...(on("degrade")
      ? { degrade: { ...(on("cache") ? {} : { to: "d/m" }), staleMs: 10 * MINUTE_MS, waitMs: 2_000 } }
      : {}),
    ...(on("escalate")
      ? { escalate: { to: "d/m", validate: ({ choices }) => choices[0].message.content !== "short" } }
      : {}),
    ...(on("cache") || on("sharing") ? { cache: { maxBytes: 1 << 20, ttlMs: on("cache") ? 2 * MINUTE_MS : 1 } } : {}),
    ...(on("budgets")
      ? {
          budgets: [
            { per: "tenant", maxUsd: 0.000_9, windowMs: 5 * MINUTE_MS, onExceeded: "reject" },
            { per: "provider", maxUsd: 0.002, windowMs: 5 * MINUTE_MS, onExceeded: "degrade" },
          ],
        }
      : {}),
    ...(on("limits") ? { limits: { "*": { maxConcurrent: 1, queueMs: 2_000 } } } : {}),
  };
  const router = createRouter(options);
  const lines: string[] = [];
  const told = listenTo(router);
  // The calls of a request stand in its `attempt` events and in its route.
  const heard = (): string[] =>
    told
      .splice(0)
      .filter(({ name }) => name !== "request")
      .map(
        ({ name, event }) => `${name} ${JSON.stringify(name === "done" ? { ...event, attempts: undefined } : event)}`,
      );
  const asked: Promise<void>[] = [];
  const send = async (at: number): Promise<void> => {
    const request: ChatRequest = {
      messages: [{ role: "user", content: `question ${on("cache") || on("sharing") ? at % 3 : at}` }],
    };
    const call = { tenant: at % 2 ? "acme" : "bolt", ...(at % 5 === 4 ? { timeoutMs: 1_500 } : {}) };
    try {
      const stream = streamed ? router.stream(request, call) : undefined;
      const read = stream && (await readAll(stream));
      const reply = stream ? await stream.reply : await router.chat(request, call);
      lines.push(`${at} answer ${JSON.stringify({ text: reply.choices[0].message.content, route: reply.route })}`);
      if (read) lines.push(`${at} chunks ${read.chunks.length}`);
    } catch (thrown) {
      lines.push(`${at} error ${JSON.stringify(thrown)}`);
    }
  };
  for (let at = 0; at < 8; at += 1) {
    asked.push(send(at));
    if (on("sharing") && at % 3 === 0) asked.push(send(at));
    await clock.advance(at % 4 === 3 ? 40_000 : 100 + Math.round(900 * random()));
    lines.push(...heard());
  }
  await clock.advance(10 * MINUTE_MS);
  lines.push(...heard());
  await Promise.all(asked);
  await router.close();
  return readable(lines);
}

/** Ids in the order in which they appear, and numbers without their rounding noise. */
function readable(lines: readonly string[]): string[] {
  const ids = new Map<string, string>();
  const named = (kind: string) => (id: string) => {
    if (!ids.has(id)) ids.set(id, `${kind}${ids.size + 1}`);
    return ids.get(id) as string;
  };
  return lines.map((line) =>
    line
      .replace(/req_[\w-]+/g, named("R"))
      .replace(/chatcmpl-[\w-]+/g, named("C"))
      .replace(/\d+\.\d{6,}(e-?\d+)?/g, (number) => String(Number(Number(number).toPrecision(6)))),
  );
}
