import { cached, createRouter, type RoutedReply, type Router } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, double, failing } from "./doubles.js";

/** A router whose first choice is down as long as `down()` says so, with a smaller model to fall back on. */
function degrading(down: () => boolean): Router {
  const first = double("first", { fail: () => (down() ? failing() : undefined) });
  const smaller = { ...double("smaller"), autoModels: [] };
  return createRouter({ id: "in", providers: [first, smaller], retry: { attempts: 2 }, degrade: { to: "smaller/m" } });
}

const ways: [string, (router: Router) => Promise<RoutedReply>][] = [
  ["chat", (router) => router.chat(ask("x"))],
  ["stream", (router) => router.stream(ask("x")).reply],
];

describe.each(ways)("an answer that a router within gave in a degraded way (%s)", (_way, say) => {
  test.each<[string, (inner: Router) => Router]>([
    ["a router with a cache", (inner) => createRouter({ providers: [inner], cache: {} })],
    ["a decorated router", (inner) => createRouter({ providers: [cached(inner)] })],
    [
      "two routers",
      (inner) => createRouter({ providers: [createRouter({ id: "mid", providers: [inner] })], cache: {} }),
    ],
  ])("says so, and is not kept, by %s", async (_name, around) => {
    let down = true;
    const router = around(degrading(() => down));
    const rungs: string[] = [];
    router.on("degraded", ({ rung }) => rungs.push(rung));
    // Two at once: who joins is told, too.
    for (const reply of await Promise.all([say(router), say(router)])) {
      expect(reply.choices[0].message.content).toBe("smaller says hello");
      expect(reply.route.degraded).toEqual(["cheaper"]);
    }
    expect(rungs).toContain("cheaper");
    down = false;
    const after = await say(router);
    expect(after.choices[0].message.content).toBe("first says hello");
    expect(after.route.degraded).toEqual([]);
    expect((await say(router)).route.cache.status).toBe("hit");
  });

  test("is not kept as fresh where it was stale", async () => {
    const clock = createVirtualClock();
    let down = false;
    const provider = double("a", { fail: () => (down ? failing() : undefined) });
    const degrade = { staleMs: 60_000 };
    const inner = createRouter({
      ...{ id: "in", providers: [provider], retry: { attempts: 1 }, cache: { ttlMs: 1_000 }, degrade, clock },
    });
    const router = createRouter({ providers: [inner], cache: { ttlMs: 1_000 }, clock });
    await say(router);
    await clock.advance(2_000);
    down = true;
    expect((await say(router)).route.degraded).toEqual(["stale"]);
    down = false;
    expect((await say(router)).route).toMatchObject({ degraded: [], cache: { status: "miss" } });
    expect(provider.calls).toBe(3);
  });
});
