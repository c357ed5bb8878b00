import { type Clock, setBackgroundTimeout } from "../../core/clock.js";
import type { Port } from "./port.js";
import type { Script } from "./scripts.js";

/** Counts of one process, since it joined. */
export interface LinkCounts {
  commands: number;
  /** Commands that failed, were too slow, or were not sent because there was no connection. */
  failures: number;
  /** Shared values that made no sense; ignored. */
  corrupt: number;
}

/** The server is gone, too slow, or answered with an error. */
export class LinkDown extends Error {}

/** Sends scripts, never waits long, and knows whether the server answers. */
export class Link {
  readonly counts: LinkCounts = { commands: 0, failures: 0, corrupt: 0 };
  readonly #port: Port;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #answered = true;

  constructor(port: Port, clock: Clock, timeoutMs: number) {
    this.#port = port;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether the last command was answered and another could leave now. */
  get up(): boolean {
    return this.#answered && this.#port.ready();
  }

  /** @throws LinkDown */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const tail = [String(keys.length), ...keys, ...args];
    try {
      return await this.#send(keys[0] ?? "", ["EVALSHA", script.sha, ...tail]);
    } catch (error) {
      if (!(error instanceof LinkDown) || !error.message.includes("NOSCRIPT")) throw error;
      return this.#send(keys[0] ?? "", ["EVAL", script.source, ...tail]);
    }
  }

  /** @throws LinkDown */
  command(key: string, args: readonly string[]): Promise<unknown> {
    return this.#send(key, args);
  }

  #send(key: string, args: readonly string[]): Promise<unknown> {
    this.counts.commands += 1;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.#clock.clearTimeout(timer);
        this.#answered = why.includes("NOSCRIPT");
        if (!this.#answered) this.counts.failures += 1;
        reject(new LinkDown(why));
      };
      const timer = setBackgroundTimeout(this.#clock, () => fail("too slow"), this.#timeoutMs);
      // Sent without a connection, a command would wait in the client's queue and be run when nobody wants it any more.
      if (!this.#port.ready()) {
        fail("not connected");
        return;
      }
      this.#port.command(key, args).then(
        (value) => {
          this.#clock.clearTimeout(timer);
          this.#answered = true;
          resolve(value);
        },
        (error: unknown) => fail(error instanceof Error ? error.message : "failed"),
      );
    });
  }
}
