import fc from "fast-check";
import { cached, createReply, createRouter, type Provider, SignalboxError } from "signalbox";
import { createVirtualClock, type VirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, model } from "../router/doubles.js";

/** A provider whose calls take a while and end as the list says, the last entry for all that follow. */
function scripted(clock: VirtualClock, ends: readonly (number | "ok")[]) {
  const seen = { calls: 0, atOnce: 0, most: 0 };
  const provider: Provider = {
    id: "p",
    models: [model()],
    async chat() {
      const end = ends[Math.min(seen.calls, ends.length - 1)];
      seen.calls += 1;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 30));
      seen.atOnce -= 1;
      if (end === "ok") return createReply({ model: "m", text: "x" });
      throw Object.assign(new Error("x"), { status: end });
    },
  };
  return { provider, seen };
}

async function askAtOnce(
  ends: readonly (number | "ok")[],
  how: "router" | "cached()",
  readers: number,
  attempts = 1,
  streamed = false,
) {
  const clock = createVirtualClock();
  const { provider, seen } = scripted(clock, ends);
  const router = createRouter({
    providers: [how === "router" ? provider : cached(provider)],
    cache: how === "router" ? {} : false,
    retry: { attempts },
    clock,
  });
  const one = (): Promise<unknown> => (streamed ? router.stream(ask("same")).reply : router.chat(ask("same")));
  const all = Promise.allSettled(Array.from({ length: readers }, one));
  for (let i = 0; i < 40; i += 1) await clock.advance(30);
  const outcomes = await all;
  const kinds = outcomes.map((outcome) => {
    if (outcome.status === "fulfilled") return "ok";
    return SignalboxError.isInstance(outcome.reason) ? outcome.reason.kind : String(outcome.reason);
  });
  return { seen, kinds };
}

test.each(["router", "cached()"] as const)(
  "%s: the request's own failure is shared, and costs one call",
  async (how) => {
    for (const status of [400, 413, 422]) {
      const { seen, kinds } = await askAtOnce([status], how, 90);
      expect([seen.calls, new Set(kinds).size]).toEqual([1, 1]);
    }
  },
);

test.each(["router", "cached()"] as const)("%s: after any other failure one reader leads the rest", async (how) => {
  for (const streamed of [false, true]) {
    const { seen, kinds } = await askAtOnce([500, "ok"], how, 90, 1, streamed);
    expect([seen.calls, seen.most]).toEqual([2, 1]);
    expect(kinds.filter((kind) => kind === "ok")).toHaveLength(89);
  }
});

test.each([1, 2])("a reader joins at most retry.attempts (%i) + 1 flights, one after another", async (attempts) => {
  for (const streamed of [false, true]) {
    const { seen, kinds } = await askAtOnce([500], "router", 90, attempts, streamed);
    expect(seen.most).toBe(1);
    expect(seen.calls).toBeLessThanOrEqual((attempts + 2) * attempts);
    expect(kinds).not.toContain("ok");
  }
});

test("whatever the flights end as, no two run at once, and one success serves all who still wait", async () => {
  const end = fc.constantFrom<number | "ok">(500, 502, 400, "ok");
  await fc.assert(
    fc.asyncProperty(
      fc.array(end, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 2, max: 60 }),
      async (ends, readers) => {
        const { seen, kinds } = await askAtOnce(ends, "router", readers);
        expect(seen.most).toBe(1);
        expect(seen.calls).toBeLessThanOrEqual(3);
        const shared = ends.slice(0, 2).findIndex((each) => each === 400 || each === "ok");
        const alike = kinds.filter((kind) => kind === (ends[shared] === "ok" ? "ok" : "invalid_request"));
        if (shared >= 0) expect(alike).toHaveLength(readers - shared);
      },
    ),
    { numRuns: 30 },
  );
});
