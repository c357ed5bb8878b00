import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import { type RedisClient, redisState } from "signalbox/redis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type {
  SharedCounts,
  SharedGateState,
  SharedHold,
  SharedPurse,
  SharedRefusal,
  SharedStateSession,
} from "../../src/contract/shared-state.js";
import { countsBy } from "../../src/integrations/redis/counts.js";
import { type RedisServer, startRedisCluster, startRedisServer } from "./support/redis-server.js";

let server: RedisServer;
let cluster: RedisServer;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  cluster = await startRedisCluster();
});
afterAll(async () => {
  await server?.kill();
  await cluster?.kill();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const CLIENTS: { readonly [name: string]: () => Promise<RedisClient> } = {
  "node-redis": async () => {
    const client = createClient({ url: server.url });
    client.on("error", () => {});
    await client.connect();
    closing.push(() => client.destroy());
    return client as unknown as RedisClient;
  },
  ioredis: async () => {
    const client = new Redis(server.port, "127.0.0.1");
    client.on("error", () => {});
    await new Promise((resolve) => client.once("ready", resolve));
    closing.push(() => client.disconnect());
    return client as unknown as RedisClient;
  },
  "a cluster of node-redis": async () => {
    const client = createCluster({ rootNodes: [{ url: cluster.url }] });
    client.on("error", () => {});
    await client.connect();
    closing.push(() => client.destroy());
    return client as unknown as RedisClient;
  },
  "a cluster of ioredis": async () => {
    const client = new Cluster([{ host: "127.0.0.1", port: cluster.port }]);
    client.on("error", () => {});
    await new Promise((resolve) => client.once("ready", resolve));
    closing.push(() => client.disconnect());
    return client as unknown as RedisClient;
  },
};
/** Where a kind of client finds its data, for a look from outside. */
const urlOf = (kind: string): string => (kind.startsWith("a cluster") ? cluster : server).url;

const CANDIDATES = ["glm/m1", "kimi/m2"];
let namespaces = 0;

interface Member {
  readonly session: SharedStateSession;
  readonly heard: [candidate: string, state: SharedGateState, atMs: number][];
  readonly counts: [candidate: string, counts: SharedCounts][];
  /** Told with the next sync. */
  count: Partial<SharedCounts>;
  readonly state: ReturnType<typeof redisState>;
  own: SharedGateState;
}

const CLOSED: SharedGateState = { state: "closed", openForMs: 0, coolDownForMs: 0, disabled: null, reason: null };

async function member(kind: string, namespace: string, more: object = {}): Promise<Member> {
  const state = redisState({
    client: await (CLIENTS[kind] as () => Promise<RedisClient>)(),
    namespace,
    syncMs: 50,
    ...more,
  });
  const made: { -readonly [K in keyof Member]: Member[K] } = {
    heard: [],
    counts: [],
    count: {},
    own: CLOSED,
    state,
    session: undefined as never,
  };
  made.session = state.join({
    candidates: CANDIDATES,
    apply: (candidate, seen) => void made.heard.push([candidate, seen, performance.now()]),
    read: () => made.own,
    counted(candidate) {
      const counts = countsBy((name) => (candidate === CANDIDATES[0] ? (made.count[name] ?? 0) : 0));
      made.count = {};
      return counts;
    },
    heard: (...counts) => void made.counts.push(counts),
  });
  closing.push(() => made.session.close());
  await expect.poll(() => state.stats().commands).toBeGreaterThan(1);
  return made;
}

const pair = async (kind: string, more: object = {}): Promise<[Member, Member]> => {
  const namespace = `test-${namespaces++}`;
  return [await member(kind, namespace, more), await member(kind, namespace, more)];
};
const isHold = (outcome: SharedHold | SharedRefusal): outcome is SharedHold => "settle" in outcome;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(Object.keys(CLIENTS))("two processes over %s", (kind) => {
  it("hear of an open breaker and of a cool-down within 100 ms", async () => {
    const [a, b] = await pair(kind);
    await sleep(100);
    for (let round = 0; round < 10; round++) {
      const began = performance.now();
      a.session.publish("glm/m1", { ...CLOSED, state: "open", openForMs: 5_000 + round * 1_000, reason: "failures" });
      await expect.poll(() => b.heard.length, { interval: 2 }).toBe(round + 1);
      const [candidate, state, atMs] = b.heard[round]!;
      expect(candidate).toBe("glm/m1");
      expect(state).toMatchObject({ state: "open", reason: "failures" });
      expect(Math.abs(state.openForMs - 5_000 - round * 1_000)).toBeLessThan(100);
      expect(atMs - began).toBeLessThan(100);
    }
    a.session.publish("kimi/m2", { ...CLOSED, coolDownForMs: 3_000, reason: "rate_limit" });
    await expect.poll(() => b.heard.length).toBe(11);
    expect(b.heard[10]?.[1]).toMatchObject({ state: "half_open", openForMs: 0, coolDownForMs: 3_000 });
    expect(a.heard).toEqual([]);
    // Told again by every sync, and by the channel: applied once.
    await sleep(300);
    expect(b.heard.length).toBe(11);
    a.session.publish("glm/m1", CLOSED);
    await expect.poll(() => b.heard.at(-1)?.[1].state).toBe("closed");
  });

  it("a late comer hears what stands; nonsense is counted, not believed", async () => {
    const namespace = `test-${namespaces++}`;
    const a = await member(kind, namespace);
    a.session.publish("glm/m1", { ...CLOSED, state: "open", openForMs: 60_000 });
    a.session.publish("kimi/m2", { ...CLOSED, coolDownForMs: 60_000 });
    await sleep(50);
    const client = createClient({ url: urlOf(kind) });
    await client.connect();
    closing.push(() => client.destroy());
    await client.hSet(`{${namespace}}:gates`, { "evil/1": "{", "evil/2": '{"open":"x"}', "evil/3": "[]" });
    await client.hSet(`{${namespace}}:counts`, { "successes:glm/m1": "several" });
    a.count = { successes: 2 };
    await client.hSet(`{${namespace}}:members`, { ghost: "no json", other: '{"at":"x"}' });
    await client.publish(`{${namespace}}:news`, "rubbish");
    await client.publish(
      `{${namespace}}:news`,
      '{"kind":"gate","from":"x","candidate":"glm/m1","state":{"state":"open","openForMs":-1}}',
    );
    const b = await member(kind, namespace);
    await expect.poll(() => b.heard.length).toBe(2);
    const states = new Map(b.heard.map(([candidate, state]) => [candidate, state]));
    expect(states.get("glm/m1")?.openForMs).toBeGreaterThan(59_000);
    expect(states.get("kimi/m2")).toMatchObject({ openForMs: 0, state: "half_open" });
    await expect.poll(() => a.state.stats().corrupt + b.state.stats().corrupt).toBeGreaterThanOrEqual(6);
    expect(a.state.stats().candidates["glm/m1"]?.successes).toBe(2);
    await client.del(`{${namespace}}:members`);
    await client.set(`{${namespace}}:members`, "wrong type");
    await expect.poll(() => a.state.stats().failures).toBeGreaterThan(0);
    await client.del(`{${namespace}}:members`);
    await expect.poll(() => a.state.stats()).toMatchObject({ up: true, members: 2 });
  });

  it("one of them may probe at a time", async () => {
    const [a, b] = await pair(kind);
    a.session.publish("glm/m1", { ...CLOSED, state: "open", openForMs: 200 });
    b.session.publish("glm/m1", { ...CLOSED, state: "open", openForMs: 200 });
    await sleep(300);
    const allowed = [a, b].filter(({ session }) => session.mayProbe("glm/m1"));
    expect(allowed.length).toBe(1);
    const winner = allowed[0]!;
    const loser = winner === a ? b : a;
    // A second probe of the same process, as two successes are needed.
    expect(winner.session.mayProbe("glm/m1")).toBe(true);
    await sleep(150);
    expect(loser.session.mayProbe("glm/m1")).toBe(false);
    winner.session.publish("glm/m1", CLOSED);
    await expect.poll(() => loser.session.mayProbe("glm/m1")).toBe(true);
  });

  it("know of each other's calls and what they came to", async () => {
    const [a, b] = await pair(kind);
    await sleep(150);
    for (let i = 0; i < 3; i++) a.session.calling("glm/m1", 1);
    b.session.calling("glm/m1", 1);
    await expect.poll(() => b.session.callingElsewhere("glm/m1")).toBe(3);
    await expect.poll(() => a.session.callingElsewhere("glm/m1")).toBe(1);
    a.session.calling("glm/m1", -1);
    await expect.poll(() => b.session.callingElsewhere("glm/m1")).toBe(2);
    a.count = { requests: 2, tokens: 500 };
    b.count = { requests: 1, tokens: 7, successes: 1, firstTokens: 1, firstTokenMs: 250.125, costUsd: 0.000_001 };
    await sleep(150);
    a.count = { requests: 1, tokens: 100, failures: 1 };
    const sum = (one: Member) =>
      one.counts.reduce(([requests, tokens], [, more]) => [requests! + more.requests, tokens! + more.tokens], [0, 0]);
    await expect.poll(() => sum(b)).toEqual([3, 600]);
    await expect.poll(() => sum(a)).toEqual([1, 7]);
    const together = { successes: 1, failures: 1, successRate: 0.5, ttftMs: 250.125, costUsd: 0.000_001 };
    await expect.poll(() => a.state.stats().candidates["glm/m1"]).toMatchObject(together);
    await expect.poll(() => b.state.stats().candidates["glm/m1"]).toMatchObject(together);
    await a.session.close();
    await expect.poll(() => b.session.callingElsewhere("glm/m1")).toBe(0);
  });

  it("spend one purse, to the last cent and no further", async () => {
    const [a, b] = await pair(kind);
    const purse: SharedPurse = { per: "tenant", key: "acme", maxUsd: 1, windowMs: 600_000 };
    const spend = async ({ session }: Member, times: number): Promise<number> => {
      let spent = 0;
      await Promise.all(
        Array.from({ length: times }, async () => {
          const outcome = await session.take(purse, 0.004);
          if (!isHold(outcome)) return;
          await sleep(Math.random() * 5);
          outcome.settle(0.004);
          spent += 1;
        }),
      );
      return spent;
    };
    const spent = (await Promise.all([spend(a, 250), spend(b, 250)])).reduce((sum, one) => sum + one, 0);
    expect(spent).toBeLessThanOrEqual(250);
    expect(spent).toBeGreaterThan(240);
    const last = await a.session.take(purse, 0.05);
    expect(last).toMatchObject({ refused: "exceeded" });
    expect(isHold(await a.session.take({ ...purse, key: "globex" }, 0.05))).toBe(true);
    expect(a.state.stats().overspentUsd).toBe(0);
  });

  it("give back what was held and not spent, to others who need it", async () => {
    const [a, b] = await pair(kind);
    const purse: SharedPurse = { per: "router", key: "router", maxUsd: 1, windowMs: 600_000 };
    const hold = (await a.session.take(purse, 0.6)) as SharedHold;
    expect(await b.session.take(purse, 0.6)).toMatchObject({ refused: "held" });
    hold.release();
    hold.settle(0.6);
    expect(isHold(await b.session.take(purse, 0.6))).toBe(true);
    expect(await a.session.take(purse, 2)).toEqual({ refused: "exceeded", retryAfterMs: 600_000 });
  });

  it("answer at once from the slice", async () => {
    const [a] = await pair(kind);
    const purse: SharedPurse = { per: "router", key: "router", maxUsd: 1_000, windowMs: 600_000 };
    await a.session.take(purse, 0.001);
    const times: number[] = [];
    for (let i = 0; i < 2_000; i++) {
      const began = performance.now();
      const outcome = a.session.take(purse, 0.001);
      times.push(performance.now() - began);
      expect(outcome).not.toBeInstanceOf(Promise);
      (outcome as SharedHold).settle(0.001);
    }
    times.sort((x, y) => x - y);
    expect(times[1_000]).toBeLessThan(0.02);
  });
});

describe("construction", () => {
  it("refuses what it cannot use", async () => {
    const client = createClient({ url: server.url });
    const refusal = /client/;
    expect(() => redisState({ client: client as never })).toThrow(/not connected/);
    expect(() => redisState({ client: null as never })).toThrow(refusal);
    expect(() => redisState({ client: {} as never })).toThrow(refusal);
    expect(() => redisState({ client: { send_command() {} } as never })).toThrow(/node-redis 3/);
    expect(() => redisState({ client: new Map() as never })).toThrow(refusal);
    const good = await CLIENTS.ioredis!();
    expect(() => redisState({ client: good, namespace: "a b" })).toThrow(/namespace/);
    expect(() => redisState({ client: good, syncMs: 0 })).toThrow(/syncMs/);
    expect(() => redisState({ client: good, waitMs: Number.NaN })).toThrow(/waitMs/);
    expect(() => redisState({ client: good, onUnavailable: "x" as never })).toThrow(/onUnavailable/);
  });
});
