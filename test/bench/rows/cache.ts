import { createHash } from "node:crypto";
import { cached, createCache, createRouter } from "signalbox";
import { timeCalls } from "../measure.js";
import type { Row, Section } from "../row.js";
import { answering, messagesOf, PROMPT, providerOf, threeProviders } from "../stub.js";

const context = {
  signal: new AbortController().signal,
  deadline: { remainingMs: () => Number.POSITIVE_INFINITY },
  requestId: "bench",
  attempts: { limit: 4, used: 0, take: () => true },
};

/** What a hit costs, from request to rebuilt reply. */
export async function cache(): Promise<Section> {
  const rows: Row[] = [];
  for (const { size, calls, atProvider, atRouter } of [
    { size: 2_000, calls: 5_000, atProvider: 5, atRouter: 12 },
    { size: 100_000, calls: 500, atProvider: 120, atRouter: undefined },
  ]) {
    const messages = messagesOf(PROMPT.repeat(Math.ceil(size / PROMPT.length)).slice(0, size));
    const provider = cached(providerOf("one", answering), {
      cache: createCache({ maxBytes: 1 << 26, ttlMs: 600_000 }),
    });
    const router = createRouter({ providers: threeProviders(answering), cache: { maxBytes: 1 << 26, ttlMs: 600_000 } });
    const request = { model: "mock-model", messages };
    const byHand = new Map<string, string>();
    const key = (): string => createHash("sha256").update(JSON.stringify(request)).digest("hex");
    byHand.set(key(), JSON.stringify(await provider.chat?.(request, context)));
    await router.chat({ messages });
    const subjects = [
      { name: "by hand", run: async () => JSON.parse(byHand.get(key()) ?? "null") },
      { name: "cached", run: () => provider.chat?.(request, context) },
      { name: "router", run: () => router.chat({ messages }) },
    ];
    const times = await timeCalls(subjects, { calls, rounds: 5 });
    if ((await router.chat({ messages })).route.cache.status !== "hit") throw new Error("not a hit");
    await router.close();
    const bare = times.get("by hand")?.us;
    const label = `${size / 1_000} kB prompt`;
    rows.push(
      {
        what: `cached(provider), ${label}`,
        value: times.get("cached")?.us ?? Number.NaN,
        unit: "us",
        bare,
        target: atProvider,
      },
      {
        what: `router.chat, ${label}`,
        value: times.get("router")?.us ?? Number.NaN,
        unit: "us",
        bare,
        target: atRouter,
      },
    );
  }
  return { name: "cache", about: "a hit; bare is JSON.stringify, sha256, a Map and JSON.parse", rows };
}
