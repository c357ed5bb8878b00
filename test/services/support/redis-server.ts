import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

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

/** Debian's redis-server, in memory alone. Fails where it is not installed. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort();
  let running: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const options = [
        "--port",
        `${port}`,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
      ];
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
