import { createAssembler } from "../../chat/assemble.js";
import { checkRequest } from "../../chat/check.js";
import { isChunk } from "../../chat/check-chunk.js";
import type { ChatChunk } from "../../chat/chunk.js";
import { createReply } from "../../chat/create-reply.js";
import { isReplyProblem, normalizeReply } from "../../chat/normalize-reply.js";
import type { ChatReply } from "../../chat/reply.js";
import type { Feature, FeatureAnswer, FeatureRun } from "../../contract/feature.js";
import { seededRandom } from "../../core/random.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type ConformanceCase, ensure, ensureSame } from "./case.js";
import { ANSWER, ATTEMPT, CANDIDATE, chunksOfText, RECORD, runOf, TEXTS } from "./feature-world.js";

/** A slot of a feature has to end within so many real milliseconds. */
const PATIENCE_MS = 2_000;

/** What every feature has to do. */
export function featureCases(setUp: () => Feature | Promise<Feature>): ConformanceCase[] {
  const featureCase = (name: string, run: (feature: Feature) => Promise<void> | void): ConformanceCase => ({
    name,
    run: async () => run(await setUp()),
  });
  return [
    featureCase("has a name that errors can show", ({ name }) => {
      ensure(/^[\w.-]{1,100}$/.test(name), "its name must be 1 to 100 letters, digits, dots or dashes");
    }),
    featureCase("has a value of its own for each request", (feature) => {
      const [one, other] = [runOf(feature).state, runOf(feature).state];
      ensure(typeof one !== "object" || one === null || one !== other, "state() gives two requests the same object");
    }),
    featureCase(
      "request: refuses with a SignalboxError, or gives a request, and leaves the given one as it is",
      async (feature) => {
        const run = runOf(feature);
        const before = JSON.stringify(run.request);
        const changed = await refusing(() => feature.request?.(run.request, run), "request");
        ensureSame(JSON.parse(JSON.stringify(run.request)), JSON.parse(before), "request changed what it was given");
        if (changed !== undefined) ensure(checkRequest(changed) === null, "request gave what is no request");
      },
    ),
    featureCase("recall: gives a whole reply or nothing", async (feature) => {
      const run = await prepared(feature);
      const given = await refusing(() => feature.recall?.(run), "recall");
      if (given !== undefined) ensure(!isReplyProblem(normalizeReply(given, "m")), "recall gave what is no reply");
    }),
    featureCase("exclude and facts: answer at once, in a word and in an object", async (feature) => {
      const run = await prepared(feature);
      const word: unknown = feature.exclude?.(CANDIDATE, run);
      ensure(word === undefined || (typeof word === "string" && word !== ""), "exclude must give a word or nothing");
      const facts: unknown = feature.facts?.(CANDIDATE, run) ?? {};
      ensure(typeof facts === "object" && !("then" in (facts as object)), "facts must give an object at once");
    }),
    featureCase("admit: gives a lease that can be settled or released, a refusal, or nothing", async (feature) => {
      for (const end of ["settle", "release"] as const) {
        const run = await prepared(feature);
        const lease: unknown = await refusing(() => feature.admit?.(run, CANDIDATE), "admit");
        if (lease === undefined || SignalboxError.isInstance(lease)) return;
        ensure(typeof lease === "object" && lease !== null, "admit gave what is no lease");
        const work = (lease as { [end: string]: unknown })[end];
        ensure(work === undefined || typeof work === "function", `${end} of a lease must be a function`);
        if (typeof work === "function") work.call(lease, end === "settle" ? 0.01 : undefined);
      }
    }),
    featureCase(
      "attempt and flight: call next once at most, and pass on what it gave or how it failed",
      async (feature) => {
        for (const slot of ["attempt", "flight"] as const) {
          if (!feature[slot]) continue;
          const failure = new SignalboxError("server", "down");
          for (const outcome of [ANSWER, failure]) await passesOn(feature, slot, outcome);
        }
      },
    ),
    featureCase(
      "reply: gives a whole reply, refuses, or gives nothing, and leaves the given one as it is",
      async (feature) => {
        for (const text of TEXTS) {
          const reply = createReply({ text });
          const before = JSON.stringify(reply);
          await shown(feature, reply);
          ensureSame(JSON.stringify(reply), before, "reply changed what it was given");
        }
      },
    ),
    featureCase("stream: the same text wherever it is cut into chunks, and the reason of its end", async (feature) => {
      for (const text of TEXTS) {
        const whole = await through(feature, [text]);
        for (let seed = 1; seed <= 8; seed += 1) {
          ensureSame(await through(feature, cut(text, seededRandom(seed))), whole, "a stream cut elsewhere differs");
        }
        ensureSame(await through(feature, [...text]), whole, "a stream cut at each letter differs");
      }
    }),
    featureCase("stream: two at once come out as each would alone", async (feature) => {
      if (!feature.stream) return;
      const [left = "", right = ""] = TEXTS;
      const alone = [await through(feature, [...left]), await through(feature, [...right])];
      const both = await Promise.all([through(feature, [...left]), through(feature, [...right])]);
      ensureSame(both, alone, "streams at once differ");
    }),
    featureCase("stream and reply show the same text", async (feature) => {
      if (!feature.stream || !feature.reply) return;
      for (const text of TEXTS) {
        const reply = await shown(feature, createReply({ text }));
        const streamed = await through(feature, [text]);
        if (reply) ensureSame(streamed, textOf(reply), "stream and reply differ");
      }
    }),
    featureCase("the slots that are told throw nothing", async (feature) => {
      const run = await prepared(feature);
      feature.decided?.({ strategy: "s", candidate: CANDIDATE.id, excluded: [] }, run);
      feature.settled?.(ATTEMPT, run);
      feature.answered?.(run, ANSWER);
      feature.replied?.(run, ANSWER.reply as ChatReply);
      feature.ended?.(RECORD, run);
      // Of a request that was refused it hears the end alone.
      feature.ended?.({ ...RECORD, outcome: "cancelled" }, runOf(feature));
    }),
    featureCase("closes", async (feature) => {
      await ending(feature.close?.(), "close");
    }),
  ];
}

/** A run whose request has passed the feature's `request` slot, as every later slot sees it. */
async function prepared(feature: Feature): Promise<FeatureRun> {
  const run = runOf(feature);
  const changed = await refusing(() => feature.request?.(run.request, run), "request");
  if (changed) run.request = changed;
  return run;
}

/** The slot's outcome; a refusal is `undefined`, any other failure throws. */
async function refusing<T>(work: () => T | Promise<T>, slot: string): Promise<T | undefined> {
  try {
    return await ending(work(), slot);
  } catch (thrown) {
    if (SignalboxError.isInstance(thrown)) return undefined;
    throw thrown;
  }
}

async function ending<T>(work: T | Promise<T>, slot: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`conformance: ${slot} did not end in ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function passesOn(
  feature: Feature,
  slot: "attempt" | "flight",
  outcome: FeatureAnswer | SignalboxError,
): Promise<void> {
  let calls = 0;
  const next = async (): Promise<FeatureAnswer> => {
    calls += 1;
    if (SignalboxError.isInstance(outcome)) throw outcome;
    return outcome;
  };
  const run = await prepared(feature);
  let given: unknown;
  try {
    const work = slot === "attempt" ? feature.attempt?.(next, run, CANDIDATE) : feature.flight?.(next, run);
    given = await ending(work, slot);
    ensure(given === outcome, `${slot} gave something else than next did`);
  } catch (thrown) {
    ensure(SignalboxError.isInstance(thrown), `${slot} failed with what is no SignalboxError: ${String(thrown)}`);
  }
  ensure(calls <= 1, `${slot} called next ${calls} times`);
}

async function shown(feature: Feature, reply: ChatReply): Promise<ChatReply | undefined> {
  const run = await prepared(feature);
  const given = await refusing(() => feature.reply?.(reply, run), "reply");
  if (given === undefined) return feature.reply ? reply : undefined;
  ensure(!isReplyProblem(normalizeReply(given, "m")), "reply gave what is no reply");
  return given;
}

const textOf = ({ choices }: ChatReply): string => choices[0].message.content ?? "";

/** What a stream of these pieces says in the end; `"cut"` if the feature ends it. */
async function through(feature: Feature, pieces: readonly string[]): Promise<string> {
  if (!feature.stream) return pieces.join("");
  const assembler = createAssembler();
  const take = (given: unknown): void => {
    const chunks: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given];
    for (const chunk of chunks) {
      ensure(isChunk(chunk), "stream gave what is no chunk");
      assembler.push(chunk as ChatChunk);
    }
  };
  try {
    const transform = feature.stream(await prepared(feature));
    for (const chunk of chunksOfText(pieces)) take(transform.chunk(chunk));
    take(transform.end?.());
  } catch (thrown) {
    if (SignalboxError.isInstance(thrown)) return "cut";
    throw thrown;
  }
  ensure(assembler.finishReason === "stop", "stream swallowed the reason of its end");
  return assembler.text;
}

function cut(text: string, random: () => number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + 1 + Math.floor(6 * random());
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}
