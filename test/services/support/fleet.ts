import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { Order } from "../programs/fleet-worker.js";

const PROGRAM = fileURLToPath(new URL("../programs/fleet-worker.ts", import.meta.url));

export interface Worker {
  send<Answer>(order: Order): Promise<Answer>;
  stop(): void;
}

export interface Fleet {
  readonly workers: readonly Worker[];
  all<Answer>(order: Order): Promise<Answer[]>;
  stop(): void;
}

export async function startFleet(size: number, env: Record<string, string>): Promise<Fleet> {
  const workers = await Promise.all(Array.from({ length: size }, () => startWorker(env)));
  return {
    workers,
    all: <Answer>(order: Order) => Promise.all(workers.map((worker) => worker.send<Answer>(order))),
    stop() {
      for (const worker of workers) worker.stop();
    },
  };
}

async function startWorker(env: Record<string, string>): Promise<Worker> {
  const child: ChildProcess = fork(PROGRAM, { execArgv: ["--import", "tsx"], env: { ...process.env, ...env } });
  const waiting = new Map<number, (answer: never) => void>();
  let orders = 0;
  child.on("message", ({ id, answer }: { id: number; answer: never }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const reply = (id: number): Promise<never> =>
    new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      child.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
    });
  child.setMaxListeners(0);
  await reply(0);
  return {
    send(order) {
      const id = ++orders;
      child.send({ ...order, id });
      return reply(id);
    },
    stop: () => void child.kill("SIGKILL"),
  };
}

export interface Vendor {
  readonly port: number;
  /** What the next calls to a candidate get; 200 unless told. */
  readonly answers: Map<string, { readonly status: number; readonly headers?: Record<string, string> }>;
  /** Calls that arrived: candidate, when, and how many of it were under way then, this one included. */
  readonly arrived: { readonly candidate: string; readonly atMs: number; readonly together: number }[];
  delayMs: number;
  close(): void;
}

/** A loopback vendor of all candidates; the path names which. */
export async function startVendor(): Promise<Vendor> {
  const underWay = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const candidate = (request.url ?? "").slice(1);
    const together = (underWay.get(candidate) ?? 0) + 1;
    underWay.set(candidate, together);
    vendor.arrived.push({ candidate, atMs: performance.timeOrigin + performance.now(), together });
    request.resume();
    setTimeout(() => {
      underWay.set(candidate, (underWay.get(candidate) ?? 1) - 1);
      const { status, headers = {} } = vendor.answers.get(candidate) ?? { status: 200 };
      response.writeHead(status, headers).end("{}");
    }, vendor.delayMs);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const vendor: Vendor = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    answers: new Map(),
    arrived: [],
    delayMs: 2,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return vendor;
}
