/**
 * Prints through how many source files, functions and folders one request runs, counted by V8's precise coverage:
 * `npm run trip`. Both requests are warm, so that what is built once counts for none.
 */
import { Session } from "node:inspector/promises";
import { createRouter, type Router, simulated } from "signalbox";
import { cache, costOptimized, createRouter as createLeanRouter } from "signalbox/lean";

interface Trip {
  readonly files: number;
  readonly functions: number;
  readonly folders: number;
}

const request = { messages: [{ role: "user" as const, content: "Why is the sky blue?" }] };
const providers = [simulated({ id: "a" }), simulated({ id: "b" })];
const kept = { maxBytes: 1 << 20, ttlMs: 60_000 };

/** Counts what `work` calls in `src`. */
async function tripOf(session: Session, work: () => Promise<unknown>): Promise<Trip> {
  // The first reading takes away what was called before.
  await session.post("Profiler.takePreciseCoverage");
  await work();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const files = new Set<string>();
  let functions = 0;
  for (const { url, functions: all } of result) {
    const path = /\/src\/(.+)\.ts/.exec(url)?.[1];
    // A simulated vendor stands where a real one would: what it does is no part of the trip.
    if (!path || path.startsWith("vendors/simulated")) continue;
    const called = all.filter(({ functionName, ranges }) => functionName !== "" && (ranges[0]?.count ?? 0) > 0);
    if (called.length === 0) continue;
    files.add(path);
    functions += called.length;
  }
  return { files: files.size, functions, folders: new Set([...files].map((path) => path.split("/")[0])).size };
}

async function print(session: Session, name: string, router: Router): Promise<void> {
  for (let warm = 0; warm < 3; warm += 1) await router.chat(request);
  const { files, functions, folders } = await tripOf(session, () => router.chat(request));
  console.log(`${name.padEnd(28)} ${files} files, ${functions} named functions, ${folders} folders`);
  await router.close();
}

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
const strategy = costOptimized();
await print(session, "chat, createRouter", createRouter({ providers }));
await print(session, "chat, cost-optimized", createRouter({ providers, strategy: "cost-optimized" }));
await print(session, "hit, createRouter", createRouter({ providers, cache: kept }));
await print(session, "chat, signalbox/lean", createLeanRouter({ providers, strategy }));
await print(session, "hit, signalbox/lean", createLeanRouter({ providers, strategy, use: [cache(kept)] }));
session.disconnect();
