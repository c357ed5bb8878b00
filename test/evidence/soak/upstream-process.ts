import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Counts, FromUpstreams, Mode, ToUpstreams } from "./messages.js";

/** The upstreams as the soak holds them. */
export interface Upstreams {
  /** Base URLs, one per vendor. */
  readonly urls: readonly string[];
  /** Switches all of them. */
  be(mode: Mode): Promise<void>;
  counts(): Promise<Counts>;
  stop(): void;
}

/** Starts the upstreams in a process of their own. */
export async function startUpstreams(): Promise<Upstreams> {
  // Runs TypeScript as this process does, whatever flags that takes.
  const child = fork(fileURLToPath(new URL("./upstreams.ts", import.meta.url)), { stdio: "inherit" });
  const waiting = new Map<number, (counts: Counts) => void>();
  let last = 0;
  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the upstreams ended with ${code}`)));
    child.on("message", (message: FromUpstreams) => {
      if ("ports" in message) return resolve(message.ports);
      waiting.get(message.answers)?.(message.counts);
      waiting.delete(message.answers);
    });
  });
  const ask = (mode?: Mode): Promise<Counts> =>
    new Promise((resolve) => {
      const message: ToUpstreams = { id: ++last, ...(mode && { mode }) };
      waiting.set(message.id, resolve);
      child.send(message);
    });
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}/v1`),
    be: async (mode) => void (await ask(mode)),
    counts: () => ask(),
    stop: () => child.disconnect(),
  };
}
