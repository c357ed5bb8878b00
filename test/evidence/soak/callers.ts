import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type CallOptions, type ChatRequest, type Router, SignalboxError } from "../../../src/index.js";
import { createTally, type Tally } from "./tally.js";

/** Callers of one router: as many at once as asked, each a mix of chats and streams, patient and impatient. */
export class Callers {
  readonly tally: Tally = createTally();
  /** Held by every fifth caller for the whole soak, as an app's own shutdown signal would be. */
  readonly lasting = new AbortController();
  readonly #router: Router;
  readonly #random: () => number;
  #inFlight = 0;

  constructor(router: Router, random: () => number) {
    this.#router = router;
    this.#random = random;
  }

  /** Requests that have not ended. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Keeps `concurrency` callers busy until `isOver`; resolves when the last request has ended. */
  async keepBusy(concurrency: number, isOver: () => boolean): Promise<void> {
    const caller = async (): Promise<void> => {
      // Not all in the same millisecond.
      await sleep(this.#random() * 1_000);
      while (!isOver()) {
        const pauseMs = await this.call();
        if (pauseMs > 0) await sleep(pauseMs);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
  }

  /** The same question again and again, until `answered` requests went well: the cache answers nearly all of them. */
  async repeat(answered: number): Promise<void> {
    while (this.tally.success < answered) {
      await this.#count(() => this.#chat("again", ask("again"), {}));
      this.tally.repeated += 1;
    }
  }

  /** One request, counted. Never rejects; resolves with the wait that was asked for. */
  call(): Promise<number> {
    return this.#count((number) => this.#ask(this.#question(number)));
  }

  async #count(request: (number: number) => Promise<void>): Promise<number> {
    const { tally } = this;
    const number = tally.started++;
    this.#inFlight += 1;
    try {
      await request(number);
      tally.success += 1;
      return 0;
    } catch (thrown) {
      return this.#failed(thrown);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #ask(question: string): Promise<void> {
    const random = this.#random;
    const request = ask(question);
    const manner = random();
    if (manner < 0.1) return this.#askImpatiently(question, request, manner < 0.05);
    const options: CallOptions = random() < 0.2 ? { signal: this.lasting.signal } : {};
    if (manner < 0.4) return this.#chat(question, request, options);
    if (manner < 0.5) return this.#whole(question, await this.#router.stream(request, options).text());
    await this.#read(question, request, options, manner < 0.6 ? Math.floor(random() * 6) : Number.POSITIVE_INFINITY);
  }

  async #chat(question: string, request: ChatRequest, options: CallOptions): Promise<void> {
    const { choices } = await this.#router.chat(request, options);
    this.#whole(question, choices[0].message.content);
  }

  /** Reads a stream, and leaves it after so many chunks. */
  async #read(question: string, request: ChatRequest, options: CallOptions, most: number): Promise<void> {
    const stream = this.#router.stream(request, options);
    let text = "";
    let seen = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (++seen > most) break;
    }
    const reply = await stream.reply;
    if (seen <= most) this.#whole(question, text);
    this.#whole(question, reply.choices[0].message.content);
  }

  /** Aborts after a while, whatever has happened by then. */
  async #askImpatiently(question: string, request: ChatRequest, chat: boolean): Promise<void> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error("no patience")), this.#random() * 3_000);
    const options = { signal: controller.signal };
    try {
      if (chat) await this.#chat(question, request, options);
      else await this.#read(question, request, options, Number.POSITIVE_INFINITY);
    } finally {
      clearTimeout(timer);
      this.tally.listeners += getEventListeners(controller.signal, "abort").length;
    }
  }

  /** One in five asks what others ask too, so that the cache and shared flights have their part. */
  #question(number: number): string {
    return this.#random() < 0.2 ? `common question ${Math.floor(this.#random() * 2_000)}` : `question ${number}`;
  }

  /** The upstreams repeat the question and end with a full stop: anything else is an answer cut short, or another's. */
  #whole(question: string, text: string | null): void {
    if (text?.startsWith(`To ${question}:`) && text.endsWith(".")) return;
    this.tally.lies.push(`${question} -> ${text}`);
  }

  #failed(thrown: unknown): number {
    const { tally } = this;
    if (!SignalboxError.isInstance(thrown)) {
      tally.error += 1;
      tally.strangers.push(String(thrown));
      return 0;
    }
    const { kind, detail, retryAfterMs = 0 } = thrown;
    if (kind === "cancelled") tally.cancelled += 1;
    else tally.error += 1;
    const name = detail ? `${kind}/${detail}` : kind;
    tally.kinds.set(name, (tally.kinds.get(name) ?? 0) + 1);
    // As told: a caller that asks again at once would only measure how fast a refusal is.
    return kind === "unavailable" ? Math.min(Math.max(retryAfterMs, 200), 1_000) : 0;
  }
}

const ask = (question: string): ChatRequest => ({ messages: [{ role: "user", content: question }] });
