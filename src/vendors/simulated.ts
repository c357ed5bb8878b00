import { createAssembler } from "../chat/assemble.js";
import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallContext, ModelInfo, Price, Provider } from "../contract/provider.js";
import { systemClock } from "../core/clock.js";
import { checkClock, checkFunction, checkId, checkOptions, checkTimeouts } from "../errors/check-options.js";
import { ERROR_KINDS, type ErrorKind } from "../errors/kinds.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { ChunkStream } from "../wire/chunk-stream.js";
import { checkPrefixCache, checkPrice, checkTags } from "./check-model.js";
import { readAutoModels, readModels } from "./models.js";
import { resolveModel } from "./resolve-model.js";
import type { SimulatedOptions } from "./simulated-options.js";
import type { SimulatedFailure } from "./simulated-script.js";
import { createSimulatedStream } from "./simulated-stream.js";

/** A provider that calls nobody, with a count of how often it was asked. */
export interface SimulatedProvider extends Provider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>;
  stream(request: ChatRequest, context: CallContext): ChunkStream;
  /** Calls so far, both ways of asking. */
  readonly calls: number;
}

const KNOWN = [
  "id",
  "models",
  "autoModels",
  "reply",
  "delayMs",
  "ttftMs",
  "tokensPerSecond",
  "failures",
  "usdPerMTok",
  "prefixCache",
  "tags",
  "timeouts",
  "random",
  "clock",
];

/**
 * A provider whose answers, times, prices and failures are scripted: for tests, demos and load runs. Needs no network;
 * all waiting is on the given clock, all chance on the given random.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * simulated({ id: "flaky", reply: (request) => `You said ${request.messages.length} things`, ttftMs: 200,
 *   tokensPerSecond: 50, failures: ["overloaded", null, { kind: "server", afterTokens: 3 }] });
 */
export function simulated(options: SimulatedOptions = {}): SimulatedProvider {
  checkOptions(options, "simulated", KNOWN);
  const id = checkId(options.id ?? "simulated");
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  checkClock(options.clock);
  checkFunction(options.random, "random");
  checkDuration(options.delayMs, "delayMs");
  checkDuration(options.ttftMs, "ttftMs");
  checkRate(options.tokensPerSecond);
  checkReply(options.reply);
  checkFailures(options.failures);
  if (options.usdPerMTok) checkPrice(options.usdPerMTok, "usdPerMTok");
  checkPrefixCache(options.prefixCache, "prefixCache");
  checkTags(options.tags, "tags");
  checkTimeouts(options.timeouts, "timeouts");
  const price = options.usdPerMTok === undefined ? { input: 0, output: 0 } : options.usdPerMTok;
  const given = options.models ?? [`${id}-1`];
  if (!Array.isArray(given)) throw invalidOption("models", "must be a list with at least one model");
  const models = readModels(
    given.map((model: string | ModelInfo) => (typeof model === "string" ? modelOf(model, price) : model)),
    { models: [], retired: {}, unlisted: "refuse" },
  );
  const autoModels = readAutoModels(options.autoModels, models, []);

  const stream = (request: ChatRequest, context: CallContext): ChunkStream => {
    const model = resolveModel(request.model, id, models, autoModels);
    const callIndex = provider.calls++;
    return createSimulatedStream({ id, model: model.id, callIndex, request, context, options, clock, random });
  };

  const provider: SimulatedProvider & { calls: number } = {
    id,
    models,
    ...(autoModels === undefined ? {} : { autoModels }),
    ...(options.prefixCache === undefined ? {} : { prefixCache: options.prefixCache }),
    ...(options.tags === undefined ? {} : { tags: options.tags }),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    stream,
    async chat(request, context) {
      const chunks = stream(request, context);
      const assembler = createAssembler();
      let chunk: ChatChunk | undefined = chunks.poll() ?? (await chunks.next()).value;
      for (; chunk !== undefined; chunk = chunks.poll() ?? (await chunks.next()).value) assembler.push(chunk);
      return assembler.reply();
    },
    calls: 0,
    probe: async () => {},
  };
  return provider;
}

function modelOf(id: string, usdPerMTok: Price | null): ModelInfo {
  return {
    id,
    contextWindow: 1_000_000,
    maxOutput: 131_072,
    usdPerMTok,
    capabilities: { tools: true, vision: "url", thinking: "switchable", json: "schema", files: true },
    source: "simulated",
  };
}

function checkDuration(value: unknown, path: string): void {
  if (value === undefined || typeof value === "function") return;
  if (typeof value !== "number" || !(value >= 0))
    throw invalidOption(path, "must be milliseconds, 0 or more, or a function");
}

function checkRate(value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "number" || !(value > 0)) throw invalidOption("tokensPerSecond", "must be above 0");
}

function checkReply(value: unknown): void {
  if (value === undefined || typeof value === "string" || typeof value === "function") return;
  if (typeof value !== "object" || value === null || (Array.isArray(value) && value.length === 0)) {
    throw invalidOption("reply", "must be a text, a reply, a list of them or a function");
  }
}

function checkFailures(value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  if (Array.isArray(value)) {
    for (const [index, script] of value.entries()) if (script) checkFailure(script, `failures[${index}]`);
    return;
  }
  const { rate, failure } = Object(value) as { rate?: unknown; failure?: unknown };
  if (typeof rate !== "number" || !(rate >= 0 && rate <= 1))
    throw invalidOption("failures.rate", "must be from 0 to 1");
  checkFailure(failure, "failures.failure");
}

function checkFailure(script: unknown, path: string): void {
  const kind = typeof script === "string" ? script : (script as Partial<SimulatedFailure> | null | undefined)?.kind;
  if (kind === "hang" ? script !== kind : !ERROR_KINDS.includes(kind as ErrorKind)) {
    throw invalidOption(path, `must be "hang", a kind of error or { kind }: ${ERROR_KINDS.join(", ")}`);
  }
}
