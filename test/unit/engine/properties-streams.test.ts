import fc from "fast-check";
import { createRouter } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, failureOf, readAll } from "./support.js";
import { fullText, providerOf, side } from "./worlds.js";

/** Which call said these words; `undefined` where no single one did, or not from its beginning. */
function speakerOf(text: string, providers: readonly { readonly id: string; readonly calls: readonly unknown[] }[]) {
  for (const { id, calls } of providers) {
    for (const call of calls.keys()) if (fullText(id, call).startsWith(text)) return { id, call };
  }
  return undefined;
}

const all = { tools: true, vision: true };
const sides = fc.array(
  side.map((each) => ({ ...each, ...all })),
  { minLength: 1, maxLength: 3 },
);

test.each([false, true])(
  "a reader gets the beginning of one provider's text, and all of it or an error (restart: %s)",
  async (restart) => {
    await fc.assert(
      fc.asyncProperty(sides, fc.integer({ min: 1, max: 4 }), async (listed, requests) => {
        const clock = createVirtualClock();
        const providers = listed.map((each, at) => providerOf(`p${at}`, each, clock));
        const router = createRouter({
          providers,
          clock,
          ...(restart ? { streams: { onInterrupted: "restart" as const } } : {}),
        });
        for (let n = 0; n < requests; n += 1) {
          const stream = router.stream(ask(`${n}`), { timeoutMs: 3_000 });
          const reading = readAll(stream);
          await clock.advance(3_000);
          const { text, chunks, error } = await reading;
          const resets = chunks.filter(({ signalbox }) => signalbox?.reset === true);
          if (!restart) expect(resets).toEqual([]);
          for (const { choices } of resets) expect(choices).toEqual([]);
          if (text !== "") expect(speakerOf(text, providers)).toBeDefined();
          if (error) {
            expect(await failureOf(stream.reply)).toMatchObject({ kind: error.kind });
            if (error.kind === "stream_interrupted" && error.partial) expect(error.partial.text).toBe(text);
          } else {
            const reply = await stream.reply;
            expect(reply.choices[0].message.content).toBe(text);
            expect(speakerOf(text, providers)?.id).toBe(reply.route.provider);
            expect(chunks.filter(({ choices }) => choices[0]?.finish_reason).length).toBe(1);
          }
        }
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 50 },
    );
  },
);
