import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** At once, without a word to its clients. */
  kill(): Promise<void>;
  /** On the same port, with nothing in memory. */
  start(): Promise<void>;
}

/** Debian's redis-server, in memory alone, with more options as on its command line. Fails where it is not installed. */
export async function startRedisServer(more: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const memory = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"];
  let running: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const options = ["--port", `${port}`, ...memory, ...more];
      const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
      running = child;
      await new Promise<void>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
        child.stdout?.on("data", (piece) => {
          if (String(piece).includes("Ready to accept connections")) resolve();
        });
      });
    },
    async kill() {
      const child = running;
      running = undefined;
      if (!child || child.exitCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
  await server.start();
  return server;
}

/** A cluster of one node that holds every slot: it refuses what a cluster refuses, such as scripts over several slots. */
export async function startRedisCluster(): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), "signalbox-cluster-"));
  const bus = ["--cluster-port", `${await freePort()}`, "--cluster-announce-ip", "127.0.0.1"];
  const server = await startRedisServer(["--cluster-enabled", "yes", "--dir", directory, ...bus]);
  const client = createClient({ url: server.url });
  await client.connect();
  await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  while (!(await client.sendCommand<string>(["CLUSTER", "INFO"])).includes("cluster_state:ok")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  client.destroy();
  return {
    ...server,
    async kill() {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
