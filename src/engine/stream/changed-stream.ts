import { createAssembler } from "../../chat/assemble.js";
import { isChunk } from "../../chat/check-chunk.js";
import type { ChatChunk } from "../../chat/chunk.js";
import { chunksOf } from "../../chat/chunks.js";
import type { ChatReply } from "../../chat/reply.js";
import type { Feature, StreamTransform } from "../../contract/feature.js";
import { extended } from "../../core/extended.js";
import type { SignalboxError } from "../../errors/signalbox-error.js";
import { type Features, wholeReply } from "../compose.js";
import type { FeatureRuns } from "../feature-run.js";
import type { StreamReader } from "./stream-flight.js";

interface Link {
  readonly feature: Feature;
  readonly transform: StreamTransform;
}

/** The chain of transforms of one stream, from the provider's chunk to the reader's. */
class Transforms {
  readonly #runs: FeatureRuns;
  readonly #links: readonly Link[];
  /** The chunks that tell why the answer ended, and what follows them: they wait for what `end` gives. */
  readonly #last: ChatChunk[] = [];

  constructor(runs: FeatureRuns, features: readonly Feature[]) {
    this.#runs = runs;
    this.#links = features.map((feature) => {
      const transform: unknown = runs.call(feature, "stream", (run) => feature.stream?.(run));
      if (typeof (transform as Partial<StreamTransform> | undefined)?.chunk !== "function") {
        throw runs.rubbish(feature, "stream", "transform");
      }
      return { feature, transform: transform as StreamTransform };
    });
  }

  push(chunk: ChatChunk): readonly ChatChunk[] {
    return this.#through([chunk], 0).filter((each) => {
      const ends = this.#last.length > 0 || typeof each.choices[0]?.finish_reason === "string";
      if (ends) this.#last.push(each);
      return !ends;
    });
  }

  end(): readonly ChatChunk[] {
    const held: ChatChunk[] = [];
    this.#links.forEach(({ feature, transform }, at) => {
      const given: unknown = this.#runs.call(feature, "stream", () => transform.end?.());
      held.push(...this.#through(this.#chunks(feature, given), at + 1));
    });
    return [...held, ...this.#last.splice(0)];
  }

  #through(chunks: readonly ChatChunk[], from: number): readonly ChatChunk[] {
    let current = chunks;
    for (let at = from; at < this.#links.length && current.length > 0; at += 1) {
      const { feature, transform } = this.#links[at] as Link;
      current = current.flatMap((chunk) => {
        const given: unknown = this.#runs.call(feature, "stream", () => transform.chunk(chunk));
        return this.#chunks(feature, given);
      });
    }
    return current;
  }

  #chunks(feature: Feature, given: unknown): readonly ChatChunk[] {
    if (given === undefined || given === null) return [];
    const chunks: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (!chunks.every(isChunk)) throw this.#runs.rubbish(feature, "stream", "chunk");
    return chunks;
  }
}

/** A stream as its reader sees it, changed by features, with the reply that its chunks add up to. */
export interface ChangedStream extends StreamReader {
  /** Changes what is left, whoever reads, and gives the reply as the reader sees it. @param raw as the provider gave it */
  whole(raw: ChatReply): Promise<ChatReply>;
}

/**
 * @param cut told why a feature ended the stream.
 * @throws SignalboxError where a feature makes no transform
 */
export function changedStream(
  source: StreamReader,
  features: readonly Feature[],
  runs: FeatureRuns,
  cut: (error: SignalboxError) => void,
): ChangedStream {
  const transforms = new Transforms(runs, features);
  const assembler = createAssembler();
  const ready: ChatChunk[] = [];
  let readyAt = 0;
  let ended = false;
  let failure: { readonly thrown: unknown } | undefined;
  let pulling: Promise<void> | undefined;

  const take = (): ChatChunk | undefined => {
    const chunk = ready[readyAt];
    if (chunk === undefined) return undefined;
    readyAt += 1;
    if (readyAt === ready.length) ready.length = readyAt = 0;
    return chunk;
  };
  const give = (chunks: readonly ChatChunk[]): void => {
    for (const chunk of chunks) {
      assembler.push(chunk);
      ready.push(chunk);
    }
  };
  const feed = (chunk: ChatChunk | null): void => {
    try {
      give(chunk ? transforms.push(chunk) : transforms.end());
      ended = chunk === null;
    } catch (thrown) {
      failure = { thrown };
      cut(thrown as SignalboxError);
    }
  };
  const pullOnce = async (): Promise<void> => {
    let chunk: ChatChunk | null;
    try {
      chunk = await source.next();
    } catch (thrown) {
      failure ??= { thrown };
      return;
    }
    feed(chunk);
  };
  const pull = (): Promise<void> => {
    pulling ??= pullOnce().finally(() => {
      pulling = undefined;
    });
    return pulling;
  };

  return {
    poll() {
      for (;;) {
        const chunk = take();
        if (chunk || ended || pulling) return chunk;
        if (failure) throw failure.thrown;
        const next = source.poll();
        if (!next) return undefined;
        feed(next);
      }
    },
    async next() {
      for (;;) {
        const chunk = take();
        if (chunk) return chunk;
        if (failure) throw failure.thrown;
        if (ended) return null;
        await pull();
      }
    },
    async whole(raw) {
      while (!ended && !failure) await pull();
      if (failure) throw failure.thrown;
      return merged(raw, assembler.reply());
    },
  };
}

/** A reply after a change: what was said is the changed one's, all else stays. */
function merged(raw: ChatReply, changed: ChatReply): ChatReply {
  return extended(raw, { choices: changed.choices });
}

/**
 * The reply that the caller gets, after every feature that changes answers.
 *
 * @param streamed in a stream `stream` has done its work already; only features without it change the reply.
 */
export async function changedReply(
  features: Features,
  runs: FeatureRuns,
  raw: ChatReply,
  streamed: boolean,
): Promise<ChatReply> {
  let reply = raw;
  for (const feature of features.reply ?? []) {
    if (feature.stream && streamed) continue;
    if (feature.reply) {
      const before = reply;
      const given = await runs.wait(feature, "reply", (run) => feature.reply?.(before, run));
      if (given !== undefined) reply = wholeReply(runs, feature, "reply", given);
      continue;
    }
    const transforms = new Transforms(runs, [feature]);
    const assembler = createAssembler();
    for (const chunk of chunksOf(reply)) for (const changed of transforms.push(chunk)) assembler.push(changed);
    for (const changed of transforms.end()) assembler.push(changed);
    reply = merged(reply, assembler.reply());
  }
  return reply;
}
