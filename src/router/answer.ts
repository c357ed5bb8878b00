import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import { extended } from "../core/extended.js";
import type { Answer } from "../engine/attempt-chat.js";
import { drain } from "../engine/flight-reader.js";
import { leftEarly, type StartedStream } from "../engine/stream/reader-stream.js";
import type { Warming } from "../engine/warm.js";
import { asSignalboxError, cancelledBy } from "../errors/signalbox-error.js";
import type { SimilarMatch } from "../memory/similarity.js";
import { ageOf, lookUp, lookUpDeep, type Usable, usable } from "./lookup.js";
import type { RouterParts } from "./parts.js";
import { type RoutedReply, recordAnswer, recordFailure } from "./records.js";
import { headOf, readFlight } from "./routed-reader.js";
import { beginRun, type Run } from "./run.js";
import { findSimilar, type Similar } from "./similar.js";
import { outlet, wholeStream } from "./stream-readers.js";

type Asked = Parameters<typeof beginRun>[1];

/** Answers one chat request. Rejects with a SignalboxError, recorded once. */
export async function answerChat(
  parts: RouterParts,
  request: Asked,
  optionsOrContext: CallOptions | CallContext | undefined,
  bound: CallOptions,
  warming?: Warming,
): Promise<RoutedReply> {
  const run = beginRun(parts, request, optionsOrContext, bound, false, warming);
  const known = parts.caching ? await recall(parts, run) : undefined;
  if (known?.hit) return fromCache(parts, run, known.hit, known.match);
  return readFlight(parts, run, observerOf(parts, known)).reply();
}

/** Starts one streamed answer. Rejects where nothing could be started; later failures reach the stream's reader. */
export async function answerStream(
  parts: RouterParts,
  request: Asked,
  optionsOrContext: CallOptions | CallContext | undefined,
  bound: CallOptions,
): Promise<StartedStream<RoutedReply>> {
  const run = beginRun(parts, request, optionsOrContext, bound, true);
  const known = parts.caching ? await recall(parts, run) : undefined;
  const wantsUsage = request.stream_options?.include_usage === true;
  if (known?.hit) return wholeStream(fromCache(parts, run, known.hit, known.match), wantsUsage || run.nested);
  const reader = readFlight(parts, run, observerOf(parts, known));
  const reply = reader.reply();
  reply.catch(() => {});
  return extended(outlet(reader.read(), reply, run.nested ? "cost" : wantsUsage ? "shown" : "hidden"), {
    head: () => headOf(parts, run, reader.seat),
    reply,
    drain: () => void drain(reader.read(false)),
    leave: () => reader.seat.leave(leftEarly()),
  });
}

/** What is known of a request before anybody is asked. */
interface Recalled {
  /** An answer that may serve. */
  readonly hit?: Usable | undefined;
  /** The question it answered, where that was not the same. */
  readonly match?: SimilarMatch | undefined;
  /** An answer to a like question, to hold against the fresh one. */
  readonly like?: Similar | undefined;
}

/** @throws SignalboxError `cancelled` where the caller leaves meanwhile; recorded */
async function recall(parts: RouterParts, run: Run): Promise<Recalled | undefined> {
  try {
    const stored = lookUp(parts, run) ?? (await unlessAborted(parts, run, lookUpDeep(parts, run)));
    const hit = stored && (await unlessAborted(parts, run, usable(run, stored)));
    if (hit) return { hit };
    const reuse = parts.caching?.similar;
    const similar = reuse && (await unlessAborted(parts, run, findSimilar(parts, run)));
    if (!similar) return undefined;
    if (reuse.mode !== "serve") return { like: similar };
    const alike = await unlessAborted(parts, run, usable(run, similar.stored));
    return alike ? { hit: alike, match: similar.match } : undefined;
  } catch (thrown) {
    const error = asSignalboxError(thrown);
    recordFailure(parts, run, error, "miss");
    throw error;
  }
}

/** The work's outcome, or a rejection as soon as the caller aborts. */
function unlessAborted<T>(
  { flights }: RouterParts,
  { options: { signal }, requestId }: Run,
  work: Promise<T> | undefined,
): Promise<T> | undefined {
  if (!work || !signal) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(cancelledBy(signal, requestId));
    if (signal.aborted) return onAbort();
    const stopListening = flights.signals.listen(signal, onAbort);
    work.then(resolve, reject).finally(stopListening);
  });
}

function observerOf({ caching }: RouterParts, known: Recalled | undefined): ((answer: Answer) => void) | undefined {
  const index = caching?.similar?.index;
  const like = known?.like;
  if (!index || !like) return undefined;
  return ({ reply }) => index.observe(like.match, like.stored.text ?? "", reply.choices[0].message.content ?? "");
}

/** A stored answer as this reader's reply. @param match the question it answered, where that was not the same */
function fromCache(parts: RouterParts, run: Run, { stored, reply, parsed }: Usable, match?: SimilarMatch): RoutedReply {
  const { events, learning } = parts;
  const status = match ? "similar" : "hit";
  run.report?.("cached");
  if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status });
  const ageMs = ageOf(parts, stored);
  // Feedback is about the answer that was served, wherever it lies.
  const cacheKey = match?.key ?? run.cacheKey;
  const kept = stored.extra?.kept;
  learning.remember(run.requestId, stored.candidate, { cacheKey, kept });
  if (match) run.report?.("kept", match.key);
  for (const key of kept ?? []) run.report?.("kept", key);
  run.turn?.complete(reply.choices[0].message);
  return recordAnswer(parts, run, {
    reply,
    provider: stored.provider,
    model: stored.candidate.slice(stored.provider.length + 1),
    cache: {
      status,
      ageMs,
      ...(match ? { score: match.score } : {}),
      ...(stored.costUsd === null ? {} : { savedUsd: stored.costUsd }),
    },
    attempts: [],
    reasons: ["answered from the cache"],
    degraded: [],
    ttftMs: null,
    parsed,
  });
}
