import { afterAll, beforeAll, expect, it } from "vitest";
import { printedBy } from "../examples/run.js";
import { type RedisServer, startRedisServer } from "./support/redis-server.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
  process.env.REDIS_URL = server.url;
});
afterAll(() => server?.kill());

it("examples/redis.ts: what one process learns, the other knows", async () => {
  expect(await printedBy("redis")).toBe("the other process asked healthy\n");
});
