import { copyReply } from "../chat/copy-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import { extended } from "../core/extended.js";
import type { Answer } from "../engine/attempt-chat.js";
import { drain } from "../engine/flight-reader.js";
import { type ChangedStream, changedReply, changedStream } from "../engine/stream/changed-stream.js";
import { leftEarly, type StartedStream } from "../engine/stream/reader-stream.js";
import type { Warming } from "../engine/warm.js";
import { asSignalboxError, cancelledBy, withContext } from "../errors/signalbox-error.js";
import type { SimilarMatch } from "../memory/similarity.js";
import { ageOf } from "../memory/stored-reply.js";
import { beginRun } from "./begin.js";
import type { RouterParts, Similar, Usable } from "./parts.js";
import { type RoutedReply, recordAnswer, recordFailure } from "./records.js";
import { headOf, type RoutedReader, readFlight, type Shown } from "./routed-reader.js";
import { FORGOTTEN, type Run } from "./run.js";
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
  const beginning = beginRun(parts, request, optionsOrContext, bound, false, warming);
  const run = beginning instanceof Promise ? await beginning : beginning;
  const known = mayRecall(parts) ? await recall(parts, run) : undefined;
  if (known?.hit) return fromCache(parts, run, known.hit, known.match);
  if (known?.made) return madeHere(parts, run, known.made);
  const waiting = embedded(parts, run);
  if (waiting) await waiting;
  return readFlight(parts, run, { onAnswer: observerOf(parts, run, known) }).reply();
}

/** Starts one streamed answer. Rejects where nothing could be started; later failures reach the stream's reader. */
export async function answerStream(
  parts: RouterParts,
  request: Asked,
  optionsOrContext: CallOptions | CallContext | undefined,
  bound: CallOptions,
): Promise<StartedStream<RoutedReply>> {
  const beginning = beginRun(parts, request, optionsOrContext, bound, true);
  const run = beginning instanceof Promise ? await beginning : beginning;
  const known = mayRecall(parts) ? await recall(parts, run) : undefined;
  const wantsUsage = request.stream_options?.include_usage === true;
  const whole = known?.hit
    ? await fromCache(parts, run, known.hit, known.match)
    : known?.made && (await madeHere(parts, run, known.made));
  if (whole) return wholeStream(whole, wantsUsage || run.nested);
  const waiting = embedded(parts, run);
  if (waiting) await waiting;
  const shown: Shown = { onAnswer: observerOf(parts, run, known) };
  const reader = readFlight(parts, run, shown);
  const chunks = changedBy(parts, run, reader);
  shown.stream = chunks;
  const reply = reader.reply();
  reply.catch(() => {});
  const usage = run.nested ? "cost" : wantsUsage ? "shown" : "hidden";
  return extended(outlet(chunks ?? reader.read(), reply, usage, run.features !== undefined), {
    head: () => headOf(parts, run, reader.seat),
    reply,
    drain: () => void drain(reader.read(false)),
    leave: () => reader.seat.leave(leftEarly()),
  });
}

/** The reader's chunks as features change them; `undefined` where none does. A feature's fault ends the reader's wait. */
function changedBy({ features }: RouterParts, run: Run, reader: RoutedReader): ChangedStream | undefined {
  if (!features?.stream || !run.features) return undefined;
  try {
    return changedStream(reader.read(), features.stream, run.features, (error) => reader.seat.leave(error));
  } catch (thrown) {
    reader.seat.leave(asSignalboxError(thrown));
    return undefined;
  }
}

/** A short wait for the vector that the learner reads, if somebody who learns is asked. */
function embedded({ learning }: RouterParts, { view }: Run): Promise<void> | undefined {
  return view?.text === undefined ? undefined : learning?.embedder?.wait(view.text);
}

function mayRecall({ caching, features }: RouterParts): boolean {
  return caching !== undefined || features?.recall !== undefined;
}

/** What is known of a request before anybody is asked. */
interface Recalled {
  /** An answer that may serve. */
  readonly hit?: Usable | undefined;
  /** The question it answered, where that was not the same. */
  readonly match?: SimilarMatch | undefined;
  /** An answer that a feature has. */
  readonly made?: Made | undefined;
  /** An answer to a like question, to hold against the fresh one. */
  readonly like?: Similar | undefined;
}

/** @throws SignalboxError `cancelled` where the caller leaves meanwhile; recorded */
async function recall(parts: RouterParts, run: Run): Promise<Recalled | undefined> {
  try {
    const { cache } = parts.kit;
    const stored = cache?.lookUp(parts, run) ?? (await unlessAborted(parts, run, cache?.lookUpDeep(parts, run)));
    const hit = stored && (await unlessAborted(parts, run, cache?.usable(parts, run, stored)));
    if (hit) return { hit };
    const reuse = parts.caching?.similar;
    const similar = reuse && (await unlessAborted(parts, run, cache?.findSimilar(parts, run)));
    const serving = similar && reuse.mode === "serve" && reuse.index.serves(similar.match);
    const alike = serving && (await unlessAborted(parts, run, cache?.usable(parts, run, similar.stored)));
    if (alike) return { hit: alike, match: similar.match };
    const like = serving ? undefined : similar;
    const made = run.features && (await parts.features?.recalled(run.features));
    return made || like ? { made, like } : undefined;
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

function observerOf(
  { caching }: RouterParts,
  { cacheKey }: Run,
  known: Recalled | undefined,
): ((answer: Answer) => void) | undefined {
  const index = caching?.similar?.index;
  const like = known?.like;
  if (!index || !like) return undefined;
  return ({ reply }) =>
    index.observe(like.match, like.stored.text ?? "", reply.choices[0].message.content ?? "", cacheKey);
}

/** An answer that a feature has, and the feature's name. */
interface Made {
  readonly reply: ChatReply;
  readonly by: string;
}

/** An answer that a feature has as this reader's reply. */
async function madeHere(parts: RouterParts, run: Run, { reply: raw, by }: Made): Promise<RoutedReply> {
  const { events } = parts;
  run.report?.("cached");
  if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status: "hit" });
  const reply = await shownOf(parts, run, raw);
  run.turn?.complete(reply.choices[0].message);
  return recordAnswer(parts, run, {
    reply,
    provider: by,
    model: reply.model,
    cache: { status: "hit" },
    attempts: [],
    reasons: [`answered by the feature "${by}"`],
    degraded: [],
    ttftMs: null,
  });
}

/** A whole answer as features show it to the caller. A refusal is recorded. */
async function shownOf(parts: RouterParts, run: Run, raw: ChatReply): Promise<ChatReply> {
  const { features } = parts;
  const { features: runs } = run;
  if (!features || !runs) return raw;
  try {
    const reply = features.reply ? await changedReply(features, runs, copyReply(raw), false) : raw;
    features.onReplied(runs, reply);
    return reply;
  } catch (thrown) {
    const error = withContext(asSignalboxError(thrown), { requestId: run.requestId });
    recordFailure(parts, run, error, "hit");
    throw error;
  }
}

/** A stored answer as this reader's reply. @param match the question it answered, where that was not the same */
function fromCache(
  parts: RouterParts,
  run: Run,
  found: Usable,
  match?: SimilarMatch,
): RoutedReply | Promise<RoutedReply> {
  if (!run.features) return hitReply(parts, run, found, found.reply, match);
  return shownOf(parts, run, found.reply).then((shown) => hitReply(parts, run, found, shown, match));
}

function hitReply(
  parts: RouterParts,
  run: Run,
  { stored, parsed }: Usable,
  reply: ChatReply,
  match: SimilarMatch | undefined,
): RoutedReply {
  const { events, learning } = parts;
  const status = match ? "similar" : "hit";
  run.report?.("cached");
  if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status });
  const ageMs = ageOf(stored, parts.services.clock.wallNow());
  // Feedback is about the answer that was served, wherever it lies.
  const cacheKey = match?.key ?? run.cacheKey;
  const kept = stored.extra?.kept;
  learning?.remember(run.requestId, stored.candidate, { cacheKey, kept });
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
    degraded: run.turn?.forgotten ? [FORGOTTEN] : [],
    ttftMs: null,
    parsed,
  });
}
