import fc from "fast-check";
import { type ChatRequest, createRouter, type Router } from "signalbox";
import { createVirtualClock, type ScriptedProvider, seededRandom } from "signalbox/testing";
import { expect, test } from "vitest";
import { eventsOf, listenTo, provider, readAll } from "./support.js";
import { providerOf, type Side, side } from "./worlds.js";

interface Ask {
  readonly gapMs: number;
  readonly streamed: boolean;
  readonly needsTools: boolean;
  readonly needsVision: boolean;
  readonly timeoutMs: number;
  readonly deny: number | null;
  readonly fallback: boolean;
}

const asks: fc.Arbitrary<Ask[]> = fc.array(
  fc.record({
    gapMs: fc.nat(2_000),
    streamed: fc.boolean(),
    needsTools: fc.boolean(),
    needsVision: fc.boolean(),
    timeoutMs: fc.integer({ min: 1, max: 5_000 }),
    deny: fc.option(fc.nat(2)),
    fallback: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
const sides = fc.array(side, { minLength: 1, maxLength: 3 });
const TOOLS = [{ type: "function" as const, function: { name: "f", parameters: {} } }];
const IMAGE = { type: "image_url" as const, image_url: { url: "https://example.com/x.png" } };

function requestOf({ needsTools, needsVision }: Ask, at: number): ChatRequest {
  const text = { type: "text" as const, text: `${at}` };
  return {
    messages: [{ role: "user", content: needsVision ? [text, IMAGE] : [text] }],
    ...(needsTools ? { tools: TOOLS } : {}),
  };
}

/** Sends them all and lets everything end; when each upstream call began is noted. */
async function play(listed: readonly Side[], asked: readonly Ask[], attempts = 4) {
  const clock = createVirtualClock();
  const begun: { readonly provider: number; readonly request: number; readonly atMs: number }[] = [];
  const providers = listed.map((each, at): ScriptedProvider => {
    const provider = providerOf(`p${at}`, each, clock);
    const note = (request: ChatRequest): void => {
      const { content } = request.messages[0] as { content: { text: string }[] };
      begun.push({ provider: at, request: Number(content[0]?.text), atMs: clock.now() });
    };
    const { chat, stream } = provider;
    return Object.assign(provider, {
      chat(...args: Parameters<typeof chat>) {
        note(args[0]);
        return chat(...args);
      },
      stream(...args: Parameters<typeof stream>) {
        note(args[0]);
        return stream(...args);
      },
    });
  });
  const router: Router = createRouter({ providers, clock, random: seededRandom(5), retry: { attempts } });
  const told = listenTo(router);
  const works: Promise<{ readonly startedAtMs: number; readonly endedAtMs: number; readonly ok: boolean }>[] = [];
  for (const [at, ask] of asked.entries()) {
    await clock.advance(ask.gapMs);
    const startedAtMs = clock.now();
    const deny = ask.deny === null || ask.deny >= providers.length ? [] : [`p${ask.deny}`];
    const options = { timeoutMs: ask.timeoutMs, deny, fallback: ask.fallback };
    const ended = (ok: boolean) => ({ startedAtMs, endedAtMs: clock.now(), ok });
    works.push(
      ask.streamed
        ? readAll(router.stream(requestOf(ask, at), options)).then(({ error }) => ended(!error))
        : router.chat(requestOf(ask, at), options).then(
            () => ended(true),
            () => ended(false),
          ),
    );
  }
  await clock.advance(20_000);
  return { clock, providers, told, begun, ends: await Promise.all(works) };
}

test("no more upstream calls than the request may make, and retries within their budget", async () => {
  await fc.assert(
    fc.asyncProperty(sides, asks, fc.integer({ min: 1, max: 5 }), async (listed, asked, attempts) => {
      const { begun, told, clock } = await play(listed, asked, attempts);
      for (const at of asked.keys()) {
        expect(begun.filter(({ request }) => request === at).length).toBeLessThanOrEqual(attempts);
      }
      for (const [at] of listed.entries()) {
        const own = eventsOf(told, "attempt").filter(({ provider }) => provider === `p${at}`);
        const retries = own.filter(({ role }) => role === "retry").length;
        const firsts = own.filter(({ role }) => role === "first").length;
        // What the bucket holds at first, what first calls paid in, what trickled in.
        expect(retries).toBeLessThanOrEqual(10 + 0.2 * firsts + 0.2 * (clock.now() / 1_000));
      }
    }),
    { numRuns: 60 },
  );
});

test("no upstream call begins after the deadline, and nobody waits past it", async () => {
  await fc.assert(
    fc.asyncProperty(sides, asks, async (listed, asked) => {
      const { begun, ends, clock } = await play(listed, asked);
      for (const [at, { timeoutMs }] of asked.entries()) {
        const { startedAtMs, endedAtMs } = ends[at] as (typeof ends)[number];
        expect(endedAtMs - startedAtMs).toBeLessThanOrEqual(timeoutMs);
        for (const { atMs } of begun.filter(({ request }) => request === at)) {
          expect(atMs - startedAtMs).toBeLessThan(timeoutMs);
        }
      }
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("one end per request, told last, that fits what the caller got and what was called", async () => {
  await fc.assert(
    fc.asyncProperty(sides, asks, async (listed, asked) => {
      const { told, begun, ends } = await play(listed, asked);
      const ids = eventsOf(told, "request").map(({ requestId }) => requestId);
      expect(new Set(ids).size).toBe(asked.length);
      for (const [at, id] of ids.entries()) {
        const own = told.filter(({ event }) => "requestId" in event && event.requestId === id);
        const names = own.map(({ name }) => name);
        expect([names[0], names.at(-1), names.filter((name) => name === "done").length]).toEqual([
          "request",
          "done",
          1,
        ]);
        const attempts = eventsOf(own, "attempt");
        expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, n) => n + 1));
        expect(attempts.length).toBe(begun.filter(({ request }) => request === at).length);
        const [done] = eventsOf(own, "done");
        expect(done?.outcome === "ok").toBe(ends[at]?.ok);
        expect(done?.attempts.map(({ outcome }) => outcome)).toEqual(attempts.map(({ outcome }) => outcome));
        if (done?.outcome === "ok") expect(attempts.at(-1)?.outcome).toBe("success");
      }
    }),
    { numRuns: 60 },
  );
});

test("whoever is asked can do what is asked and may be asked; without fallback, one candidate", async () => {
  await fc.assert(
    fc.asyncProperty(sides, asks, async (listed, asked) => {
      const { begun } = await play(listed, asked);
      for (const { provider, request } of begun) {
        const { needsTools, needsVision, deny } = asked[request] as Ask;
        const { tools, vision } = listed[provider] as Side;
        expect([!needsTools || tools, !needsVision || vision, deny !== provider]).toEqual([true, true, true]);
      }
      for (const [at, { fallback }] of asked.entries()) {
        const whom = new Set(begun.filter(({ request }) => request === at).map(({ provider }) => provider));
        if (!fallback) expect(whom.size).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 60 },
  );
});

test("nothing that is handed in changes a prototype", async () => {
  const key = fc.constantFrom("__proto__", "constructor", "prototype", "a", "messages", "usdPerMTok", "strategy");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>(1, "x", null, []),
      fc.dictionary(key, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  // As JSON text, so that "__proto__" is a key like any other.
  const json = tree.map((value) => JSON.stringify(value));
  const clean = Object.getOwnPropertyNames(Object.prototype);
  await fc.assert(
    fc.asyncProperty(json, json, json, async (options, request, second) => {
      const upstream = provider("a");
      try {
        createRouter({ ...JSON.parse(options), providers: [upstream] });
      } catch {
        // Refused: just as well.
      }
      const router = createRouter({ providers: [upstream] });
      const asked = { messages: [{ role: "user" as const, content: "x" }], metadata: JSON.parse(request) };
      await router.chat({ ...asked, providerOptions: { a: JSON.parse(second) } }, JSON.parse(second)).catch(() => {});
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(clean);
      expect(Object.keys({}).concat(Object.keys([]))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
