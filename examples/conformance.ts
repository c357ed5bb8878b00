import { defineStrategy, type Store } from "signalbox";
import { type ConformanceCase, storeConformance, strategyConformance } from "signalbox/testing";

// Takes turns by a count of its own, which no strategy may keep: `sequence` is there for that.
let turn = 0;
const turns = defineStrategy({
  name: "turns",
  rank: ({ candidates }) => {
    const first = turn++ % candidates.length;
    return [...candidates.slice(first), ...candidates.slice(0, first)].map(({ id }, place) => ({ id, score: -place }));
  },
});

// A second tier for a cache. Texts are kept, so that nobody shares an object.
function mapStore(): Store {
  const texts = new Map<string, string>();
  return {
    get: async (key) => JSON.parse(texts.get(key) ?? "null"),
    set: async (key, value) => void texts.set(key, JSON.stringify(value)),
    delete: async (key) => void texts.delete(key),
    clear: async () => texts.clear(),
  };
}

/** In a test file: `runStrategyConformance({ test }, { setUp: () => turns })`, with the `test` of your framework. */
async function report(name: string, cases: readonly ConformanceCase[]): Promise<void> {
  const failures: string[] = [];
  for (const one of cases) {
    await one.run().catch((error: Error) => failures.push(`  ${one.name}: ${error.message.slice(0, 100)}`));
  }
  console.log([`${name}: ${cases.length - failures.length} of ${cases.length} cases`, ...failures].join("\n"));
}

await report("turns", strategyConformance({ setUp: () => turns }));
// It lets nothing go by itself, which the cache can live with.
await report("map store", storeConformance({ setUp: () => ({ store: mapStore() }), without: ["lifetimes"] }));
