import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import KeyvRedis from "@keyv/redis";
import Keyv from "keyv";
import { type Cache, createCache } from "signalbox";
import { keyvStore } from "signalbox/keyv";
import { storeConformance } from "signalbox/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const run = promisify(execFile);
const running: ChildProcess[] = [];
const opened: Cache[] = [];
let port = 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts Debian's redis-server in memory alone; fails where it is not installed. */
async function startRedis(): Promise<ChildProcess> {
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"];
  const redis = spawn("redis-server", options, { stdio: ["ignore", "pipe", "pipe"] });
  running.push(redis);
  await new Promise<void>((resolve, reject) => {
    redis.once("error", reject);
    redis.once("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
    redis.stdout?.on("data", (piece) => {
      if (String(piece).includes("Ready to accept connections")) resolve();
    });
  });
  return redis;
}

async function stop(redis: ChildProcess): Promise<void> {
  const ended = once(redis, "exit");
  redis.kill("SIGKILL");
  await ended;
}

function open(): Cache {
  const keyv = new Keyv({ store: new KeyvRedis(`redis://127.0.0.1:${port}`), namespace: "test" });
  const cache = createCache({ store: keyvStore(keyv), storeTimeoutMs: 200 });
  opened.push(cache);
  return cache;
}

beforeEach(async () => {
  port = await freePort();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((cache) => cache.close()));
  for (const redis of running.splice(0)) redis.kill("SIGKILL");
});

describe("a real Redis behind Keyv", () => {
  it("lets two processes share answers", async () => {
    await startRedis();
    const program = ["--import", "tsx", "test/services/programs/keyv-redis.ts", `${port}`];
    const first = JSON.parse((await run(process.execPath, [...program, "first"])).stdout);
    const second = JSON.parse((await run(process.execPath, [...program, "second"])).stdout);
    expect(first.calls).toBe(3);
    expect(second.calls).toBe(0);
    for (const { text, status } of second.answers) {
      expect(status).toBe("hit");
      expect(text).toBe("answered in first: 缓存");
    }
  });

  it("keeps lifetimes, deletions and drops by tag", async () => {
    await startRedis();
    const one = open();
    one.set("short", 1, { ttlMs: 50 });
    one.set("kept", { n: 2 }, { tags: ["a"] });
    one.set("tagged", 3, { tags: ["b"] });
    one.set("gone", 4);
    await one.flush();
    one.delete("gone");
    one.deleteByTag("b");
    await one.flush();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const two = open();
    const found = await Promise.all(["short", "kept", "tagged", "gone"].map((key) => two.get(key)));
    expect(found).toEqual([undefined, { n: 2 }, undefined, undefined]);
    one.clear();
    await one.flush();
    expect(await open().get("kept")).toBeUndefined();
  });

  it("does what every store has to", async () => {
    await startRedis();
    let cases = 0;
    const storeIn = (namespace: string) =>
      keyvStore(new Keyv({ store: new KeyvRedis(`redis://127.0.0.1:${port}`), namespace }));
    const setUp = () => {
      const [store, neighbour] = [storeIn(`test-${++cases}`), storeIn(`test-${cases}-too`)];
      return { store, neighbour, close: async () => void (await Promise.all([store.close?.(), neighbour.close?.()])) };
    };
    for (const { name, run } of storeConformance({ setUp })) await expect(run(), name).resolves.toBeUndefined();
  });

  it("may die and come back: nothing fails, nobody waits, and it is used again", async () => {
    const redis = await startRedis();
    const cache = open();
    cache.set("before", 1);
    await cache.flush();
    await stop(redis);

    let slowest = 0;
    for (let n = 0; n < 30; n++) {
      const began = performance.now();
      expect(cache.set(`k${n}`, n)).toBe(true);
      expect(await cache.get(`k${n}`)).toBe(n);
      expect(await cache.get(`absent${n}`)).toBeUndefined();
      slowest = Math.max(slowest, performance.now() - began);
    }
    expect(slowest).toBeLessThan(1_000);
    expect(cache.stats().store?.circuit).toBe("open");

    await startRedis();
    await expect
      .poll(
        async () => {
          await cache.get(`probe${Math.random()}`);
          return cache.stats().store?.circuit;
        },
        { timeout: 60_000, interval: 250 },
      )
      .toBe("closed");
    cache.set("after", 5);
    await cache.flush();
    expect(await open().get("after")).toBe(5);
  });

  it("is as if absent where nothing listens at all", async () => {
    const cache = open();
    const began = performance.now();
    for (let n = 0; n < 10; n++) expect(await cache.get(`k${n}`)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(cache.set("k", 1)).toBe(true);
  });
});
