import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** An address that takes no connection and refuses none: a SYN to it is never answered. */
export interface Blackhole {
  /** The address. */
  readonly url: string;
  /** Ends it and frees what it holds. */
  close(): Promise<void>;
}

// The kernel completes connections up to the backlog by itself; a thread that never accepts leaves the rest hanging.
const LISTENER = `
const { createServer } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setTimeout(() => Atomics.wait(new Int32Array(workerData), 0, 0), 20);
});
`;

/** Opens a port whose backlog is full, so that a further connection hangs as on a network that drops packets (Linux). */
export async function createBlackhole(): Promise<Blackhole> {
  const gate = new SharedArrayBuffer(4);
  const worker = new Worker(LISTENER, { eval: true, workerData: gate });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  const fillers: Socket[] = [];
  for (let count = 0; count < 8; count++) fillers.push(connect(port, "127.0.0.1").on("error", () => {}));
  await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      Atomics.store(new Int32Array(gate), 0, 1);
      Atomics.notify(new Int32Array(gate), 0);
      await worker.terminate();
    },
  };
}

/** A port of 127.0.0.1 where nothing listens: connections to it are refused. */
export async function refusedUrl(): Promise<string> {
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(`http://127.0.0.1:${port}/v1`));
    });
  });
}
