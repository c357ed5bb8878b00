import fc from "fast-check";
import { createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, seededRandom, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { listenTo } from "../engine/support.js";
import { providerOf, type Side, side } from "../engine/worlds.js";

const STRATEGIES = [
  ...(["adaptive", "performance-weighted", "cost-optimized", "load-balanced", "reliability-focused"] as const),
  ...(["round-robin", "weighted", "ordered"] as const),
];
const TEXTS = ["hello", "write a long story about trains", "```ts\nlet x = 1\n``` fix this", "2 + 2 = ?", "总结这段话"];
const text = fc.constantFrom(...TEXTS);
const sides = fc.array(
  side.map((each) => ({ ...each, tools: true, vision: true })),
  { minLength: 2, maxLength: 3 },
);
const message = (content: string) => ({ messages: [{ role: "user" as const, content }] });

function rig(listed: readonly Side[], options: Partial<RouterOptions>) {
  const clock = createVirtualClock();
  const providers = listed.map((each, at) => {
    const made = providerOf(`p${at}`, each, clock);
    const usdPerMTok = { input: at + 1, output: 2 * at + 2 };
    return Object.assign(made, { models: [testModel("m", { usdPerMTok })], autoModels: ["m"] });
  });
  const router = createRouter({ providers, clock, random: seededRandom(11), ...options });
  return { clock, router, told: listenTo(router) };
}

describe("explain", () => {
  test("changes nothing: every decision, event and number is as without it", async () => {
    const steps = fc.array(fc.record({ says: text, gapMs: fc.nat(1_500), looks: fc.array(text, { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...STRATEGIES), sides, steps, async (strategy, listed, asked) => {
        const play = async (looking: boolean) => {
          const { clock, router, told } = rig(listed, { strategy, cache: {} });
          for (const { says, gapMs, looks } of asked) {
            const work = router.chat(message(says), { conversationId: "c", timeoutMs: 5_000 }).catch(() => {});
            // A look while a call is out, and one between two requests.
            if (looking) for (const look of looks) router.explain(message(look), { conversationId: "c" });
            await clock.advance(5_000 + gapMs);
            await work;
            if (looking) for (const look of looks) router.explain(message(look));
          }
          // That an open time is over is told when somebody looks; it is over all the same.
          const said = told.filter(({ name }) => name !== "breaker" && name !== "health");
          // Measured numbers age whenever they are read: by when, not by whom.
          const stats = { ...router.stats(), candidates: [] };
          return JSON.stringify([said, stats, router.exportState()]).replaceAll(
            /req_[0-9a-f]{12}|chatcmpl-[0-9a-f-]{36}/g,
            "",
          );
        };
        expect(await play(true)).toBe(await play(false));
      }),
      { numRuns: 30 },
    );
  });

  test("says twice the same of one moment", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...STRATEGIES),
        sides,
        fc.array(text, { maxLength: 4 }),
        async (strategy, listed, before) => {
          const { clock, router } = rig(listed, { strategy });
          for (const says of before) {
            const work = router.chat(message(says), { timeoutMs: 5_000 }).catch(() => {});
            await clock.advance(5_000);
            await work;
          }
          expect(router.explain(message("now"))).toEqual(router.explain(message("now")));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("a restart", () => {
  test("keeps all that was learned", async () => {
    const lessons = fc.array(fc.record({ says: text, score: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(lessons, lessons, async (first, second) => {
        const good: Side[] = Array.from({ length: 2 }, () => ({
          turns: [{ does: "answers", afterMs: 1, words: 2 }],
          tools: true,
          vision: true,
        }));
        const learn = async ({ clock, router }: ReturnType<typeof rig>, taught: typeof first) => {
          for (const { says, score } of taught) {
            const work = router.chat(message(says));
            await clock.advance(100);
            router.feedback(await work, { score });
          }
        };
        const before = rig(good, { strategy: "adaptive" });
        await learn(before, first);
        const state = JSON.parse(JSON.stringify(before.router.exportState()));
        const after = rig(good, { strategy: "adaptive", state });
        expect(after.router.exportState()).toEqual(before.router.exportState());
        // And goes on from there.
        await learn(after, second);
        const ticks = [after, before].map(
          ({ router }) => (router.exportState() as { learner: { tick: number } }).learner.tick,
        );
        expect(ticks[0]).toBeGreaterThan(ticks[1] as number);
      }),
      { numRuns: 25 },
    );
  });
});
