import { describe, expect, it } from "vitest";
import { createRouter, defineStrategy, openaiCompatible, type RouterOptions, simulated } from "../../../src/index.js";
import { createVirtualClock } from "../../../src/testing/index.js";
import { context, failureOf, json, startLoopback, whole } from "../vendors/loopback.js";

const ask = (content = "x") => ({ messages: [{ role: "user" as const, content }] });
const names = ["a", "b", "c"];
const providersOf = (failing: Set<string>) =>
  names.map((id) => simulated({ id, failures: () => (failing.has(id) ? "server" : null) }));

function rig(options: Partial<RouterOptions>) {
  const failing = new Set<string>();
  const clock = createVirtualClock();
  const router = createRouter({ providers: providersOf(failing), clock, ...options });
  let count = 0;
  const provider = async (more: object): Promise<string> => {
    const work = router.chat(ask(`question ${count++}`), more);
    await clock.advance(1_000);
    return (await work).route.provider;
  };
  return { failing, clock, router, provider };
}

const STRATEGIES = [
  "adaptive",
  "performance-weighted",
  "cost-optimized",
  "load-balanced",
  "reliability-focused",
  "round-robin",
  "weighted",
  "ordered",
] as const;

describe("sessionKey", () => {
  it.each(STRATEGIES)("keeps a session where it began under %s", async (strategy) => {
    const { provider } = rig({ strategy });
    for (const sessionKey of ["one", "two"]) {
      const first = await provider({ sessionKey });
      for (let call = 0; call < 8; call += 1) {
        expect(await provider({ sessionKey })).toBe(first);
        await provider({});
      }
    }
  });

  it("moves when its candidate fails, and the new place is its home", async () => {
    const { provider, failing, router } = rig({ strategy: "round-robin", retry: { attempts: 2 } });
    const first = await provider({ sessionKey: "s" });
    failing.add(first);
    const second = await provider({ sessionKey: "s" });
    expect(second).not.toBe(first);
    failing.clear();
    router.reset();
    for (let call = 0; call < 4; call += 1) expect(await provider({ sessionKey: "s" })).toBe(second);
  });

  it("moves when its candidate is excluded, and stays there", async () => {
    const { provider } = rig({ strategy: "ordered" });
    expect(await provider({ sessionKey: "s" })).toBe("a");
    expect(await provider({ sessionKey: "s", deny: ["a"] })).toBe("b");
    expect(await provider({ sessionKey: "s" })).toBe("b");
  });

  it("is free again after a silence longer than a prefix cache lives", async () => {
    const { provider, clock } = rig({ strategy: "round-robin" });
    const first = await provider({ sessionKey: "s" });
    await clock.advance(200_000);
    expect(await provider({ sessionKey: "s" })).toBe(first);
    await clock.advance(301_000);
    expect(await provider({ sessionKey: "s" })).not.toBe(first);
  });

  it("belongs to its tenant, and says why it went there", async () => {
    const { provider, router } = rig({ strategy: "round-robin" });
    const acme = await provider({ sessionKey: "s", tenant: "acme" });
    expect(await provider({ sessionKey: "s", tenant: "other" })).not.toBe(acme);
    const { candidates } = router.explain(ask(), { sessionKey: "s", tenant: "acme" });
    expect(candidates[0]).toMatchObject({ provider: acme, reasons: ["its session began here"] });
  });

  it.each(["round-robin", "weighted"] as const)("conversations stay where they began under %s", async (strategy) => {
    const { provider } = rig({ strategy });
    const first = await provider({ conversationId: "c" });
    for (let call = 0; call < 8; call += 1) expect(await provider({ conversationId: "c" })).toBe(first);
  });

  it("strategies may read who calls", async () => {
    const seen: unknown[] = [];
    const nosy = defineStrategy({
      name: "nosy",
      score: (_candidate, { tenant, tags, metadata, sessionKey }) => {
        seen.push({ tenant, tags, metadata, sessionKey });
        return 0;
      },
    });
    const { provider } = rig({ strategy: nosy });
    const call = { tenant: "t", tags: ["x"], metadata: { k: "v" }, sessionKey: "s" };
    await provider(call);
    expect(seen[0]).toEqual(call);
  });
});

describe("headers of a call", async () => {
  const server = await startLoopback();
  const local = openaiCompatible({
    id: "local",
    baseURL: `${server.url}/v1`,
    headers: { "x-team": "one", "x-kept": "yes" },
    models: ["m"],
  });
  const answered = json(whole({ role: "assistant", content: "hi" }));

  it("go out over the provider's own; metadata stays inside", async () => {
    server.answer(answered);
    const router = createRouter({ providers: [local] });
    await router.chat(ask(), { headers: { "X-Team": "two" }, metadata: { secret: "inside" } });
    expect(server.seen[0]?.headers).toMatchObject({ "x-team": "two", "x-kept": "yes" });
    expect(JSON.stringify([server.seen[0]?.headers, server.seen[0]?.body])).not.toContain("inside");
  });

  it("pass a router within", async () => {
    server.answer(answered);
    const outer = createRouter({ providers: [createRouter({ providers: [local] })] });
    await outer.chat(ask(), { headers: { "x-team": "three" } });
    expect(server.seen[0]?.headers["x-team"]).toBe("three");
  });

  it.each([
    [{ authorization: "Bearer x" }, "options.headers.authorization"],
    [{ "x-a": "line\nbreak" }, "options.headers.x-a"],
    [["x"], "options.headers"],
  ])("%j is refused by path, and nothing is sent", async (headers, path) => {
    server.answer(answered);
    const router = createRouter({ providers: [local] });
    const error = await failureOf(router.chat(ask(), { headers: headers as never }));
    expect(error).toMatchObject({ kind: "invalid_options", path });
    expect(server.seen).toHaveLength(0);
  });

  it("calls with different headers share no answer", async () => {
    server.answer(answered);
    const router = createRouter({ providers: [local], cache: {} });
    await router.chat(ask());
    expect((await router.chat(ask(), { headers: { "x-b": "1" } })).route.cache.status).toBe("miss");
    expect((await router.chat(ask(), { headers: { "x-b": "1" } })).route.cache.status).toBe("hit");
    expect((await router.chat(ask(), { headers: { "x-b": "2" } })).route.cache.status).toBe("miss");
  });

  it("a value that an upstream echoes is not shown", async () => {
    server.answer(json({ error: { message: "bad header tok-abcdef123456" } }, 400));
    const error = await failureOf(local.chat(ask(), context({ headers: { "x-user-token": "tok-abcdef123456" } })));
    expect(error.message).not.toContain("abcdef123456");
  });
});
