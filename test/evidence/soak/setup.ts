import { createRouter, type ModelInfo, openaiCompatible, type Router } from "../../../src/index.js";

/** What a provider's retry budget holds: so many calls each an outage may cost beyond the first ones. */
export const RETRY_RESERVE = 10;

const model: ModelInfo = {
  id: "engine",
  contextWindow: 32_768,
  maxOutput: 4_096,
  capabilities: { tools: true, vision: false, thinking: "switchable", json: "object" },
  usdPerMTok: { input: 0.5, output: 2 },
};

/** A router as an app would make it, with timeouts short enough for a soak: a stall costs seconds, not minutes. */
export function createSoakRouter(urls: readonly string[]): Router {
  return createRouter({
    providers: urls.map((baseURL, index) =>
      openaiCompatible({ id: `line-${index + 1}`, baseURL, apiKey: "soak-key", models: [model] }),
    ),
    cache: { maxBytes: 131_072, ttlMs: 60_000 },
    timeouts: { headersMs: 10_000, firstTokenMs: 8_000, idleMs: 5_000, totalMs: 30_000 },
  });
}

/**
 * Opens as many connections to each server as the soak may need at once, and leaves them: the built-in fetch keeps a
 * record of some 2 KB per connection for as long as the process lives, which is not this library's to free.
 */
export async function openConnections(urls: readonly string[], concurrency: number): Promise<void> {
  const open = async (url: string): Promise<void> => {
    await (await fetch(`${url}/models`)).text();
  };
  await Promise.all(urls.flatMap((url) => Array.from({ length: concurrency }, () => open(url))));
}
