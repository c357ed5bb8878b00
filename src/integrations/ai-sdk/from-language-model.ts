import type { ChatChunk } from "../../chat/chunk.js";
import { createReply } from "../../chat/create-reply.js";
import type { ChatReply } from "../../chat/reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { CallContext, Capabilities, ModelInfo, Provider } from "../../contract/provider.js";
import { checkOptions } from "../../errors/check-options.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type CallFacts, withCallFacts } from "./call-facts.js";
import { type ChunkWriter, callOf, createChunkWriter, finishOf, rawFinishOf, usageFrom } from "./from-parts.js";
import { keepParts } from "./kept-parts.js";
import { modelError } from "./model-errors.js";
import type { AnyLanguageModel, GenerateResult, ModelCall, StreamResult } from "./model-like.js";
import { optionsNameOf, refuseDropped, toCall } from "./to-call.js";

/** What you know of a model; what is left out is assumed, carefully. */
export interface ModelFacts extends Partial<Omit<ModelInfo, "id" | "capabilities">> {
  /** What the model can do. */
  readonly capabilities?: Partial<Capabilities> | undefined;
}

/** What the AI SDK does not tell of a model. */
export interface FromLanguageModelOptions {
  /** The provider's id in the router; holds no slash. @default the model's `provider`, slashes replaced */
  readonly id?: string | undefined;
  /**
   * Facts by model id. Without them: 128,000 tokens of context, tools, JSON objects, no pictures, price unknown. A need
   * that a model's facts do not cover excludes it, so say what it can do.
   * @default those cautious facts
   */
  readonly models?: { readonly [modelId: string]: ModelFacts } | undefined;
  /** The models that `"auto"` may choose. @default all of them */
  readonly autoModels?: readonly string[] | undefined;
}

const CAREFUL: Capabilities = { tools: true, vision: false, thinking: "none", json: "object" };

/**
 * Any model of the AI SDK (spec v2, v3 or v4) as a provider; several of one vendor as one.
 *
 * Per-vendor options go in `providerOptions` as the AI SDK writes them, `{ anthropic: { ... } }`, or under this
 * provider's id: `{ claude: { anthropic: { ... } } }`. Sources, files, tools that the vendor runs and metadata of the
 * answer are kept in `provider_state`, from which `languageModel` gives them out again.
 * @throws SignalboxError `invalid_options`
 * @example
 * const claude = fromLanguageModel(anthropic("claude-sonnet-4-5"), {
 *   id: "claude",
 *   models: { "claude-sonnet-4-5": { contextWindow: 200_000, usdPerMTok: { input: 3, output: 15 } } },
 * });
 */
export function fromLanguageModel(
  model: AnyLanguageModel | readonly AnyLanguageModel[],
  options: FromLanguageModelOptions = {},
): Provider {
  checkOptions(options, "fromLanguageModel", ["id", "models", "autoModels"]);
  const given: readonly AnyLanguageModel[] = Array.isArray(model) ? model : [model];
  const byId = new Map(given.map((one) => [one?.modelId, one]));
  checkModels(given, byId, options);
  const id = options.id ?? (given[0]?.provider ?? "").replaceAll("/", "-");

  const callTo = (request: ChatRequest, context: CallContext): { model: AnyLanguageModel; call: ModelCall } => {
    context.signal.throwIfAborted();
    const chosen = byId.get(request.model ?? "") ?? (given[0] as AnyLanguageModel);
    return { model: chosen, call: toCall(request, chosen, id, context) };
  };

  return {
    id,
    models: given.map((one) => infoOf(one, options.models?.[one.modelId])),
    autoModels: options.autoModels,
    origin: given.map(({ provider }) => provider).join(" "),

    async chat(request, context) {
      try {
        const { model, call } = callTo(request, context);
        const result = (await model.doGenerate(call as never)) as GenerateResult;
        refuseDropped(result.warnings, call);
        const { warnings, response, request: sent } = result;
        return withCallFacts(replyOf(result, id, model.modelId), factsOf(warnings, response?.headers, sent));
      } catch (thrown) {
        throw modelError(thrown, request, id, context.signal);
      }
    },

    async *stream(request, context) {
      try {
        const { model, call } = callTo(request, context);
        const result = (await model.doStream(call as never)) as StreamResult;
        context.report?.("headers");
        yield* chunksFrom(result, call, createChunkWriter(id, model.modelId), context);
      } catch (thrown) {
        throw modelError(thrown, request, id, context.signal);
      }
    },
  };
}

async function* chunksFrom(
  { stream, response, request }: StreamResult,
  call: ModelCall,
  writer: ChunkWriter,
  context: CallContext,
): AsyncGenerator<ChatChunk> {
  const reader = stream.getReader();
  let done = false;
  let warnings: GenerateResult["warnings"];
  let begun = false;
  try {
    while (!done) {
      const step = await reader.read();
      done = step.done;
      if (step.value === undefined) continue;
      context.report?.("bytes");
      if (step.value.type === "stream-start") {
        warnings = step.value.warnings;
        refuseDropped(warnings, call);
      }
      for (const chunk of writer.push(step.value)) {
        if (!begun) withCallFacts(chunk, factsOf(warnings, response?.headers, request));
        begun = true;
        yield chunk;
      }
    }
    if (!writer.finished) throw new SignalboxError("stream_interrupted", "The stream ended before its answer");
  } finally {
    if (!done) reader.cancel().catch(() => {});
  }
}

function factsOf(
  warnings: GenerateResult["warnings"],
  headers: CallFacts["headers"],
  request: CallFacts["request"],
): CallFacts {
  return { warnings: warnings as CallFacts["warnings"], headers, request };
}

function replyOf(result: GenerateResult, issuer: string, model: string): ChatReply {
  const { content, response } = result;
  const finish = finishOf(result.finishReason);
  if (finish === "error") throw new SignalboxError("server", "The model stopped because of an error");
  const joined = (type: string): string =>
    content.map((part) => (part.type === type ? (part.text ?? "") : "")).join("");
  const reasoning = joined("reasoning");
  const toolCalls = content.map(callOf).filter((call) => call !== undefined);
  return createReply({
    id: response?.id,
    model,
    created: response?.timestamp ? Math.floor(response.timestamp.getTime() / 1_000) : undefined,
    text: joined("text") || (toolCalls.length > 0 ? null : ""),
    reasoning: reasoning === "" ? undefined : reasoning,
    toolCalls,
    finishReason: finish ?? undefined,
    usage: usageFrom(result.usage),
    providerState: keepParts(content, issuer, {
      providerMetadata: result.providerMetadata,
      modelId: response?.modelId,
      rawFinish: rawFinishOf(result.finishReason),
    }),
  });
}

function infoOf({ modelId, provider }: AnyLanguageModel, facts: ModelFacts = {}): ModelInfo {
  const { capabilities, contextWindow = 128_000, maxOutput = null, usdPerMTok = null, ...others } = facts;
  return {
    ...others,
    id: modelId,
    optionsName: optionsNameOf(provider),
    contextWindow,
    maxOutput,
    usdPerMTok,
    capabilities: { ...CAREFUL, ...capabilities },
  };
}

function checkModels(
  given: readonly AnyLanguageModel[],
  byId: ReadonlyMap<string, AnyLanguageModel>,
  options: FromLanguageModelOptions,
): void {
  const refuse = (path: string, why: string): never => {
    throw new SignalboxError("invalid_options", `${path}: ${why}`, { path });
  };
  if (given.length === 0) refuse("model", "must be a model of the AI SDK, or several");
  for (const one of given) {
    const { doGenerate, doStream, specificationVersion: version, modelId }: Partial<AnyLanguageModel> = one ?? {};
    const usable = typeof doGenerate === "function" && typeof doStream === "function" && typeof modelId === "string";
    if (!usable) refuse("model", "must be a model of the AI SDK; a model id as text is only known to its gateway");
    if (!["v2", "v3", "v4"].includes(String(version)))
      refuse("model", `spec ${String(version)} is unknown; v2, v3 and v4 are known`);
  }
  if (byId.size < given.length) refuse("model", "two models have the same id");
  for (const named of [...Object.keys(options.models ?? {}), ...(options.autoModels ?? [])]) {
    if (!byId.has(named)) refuse("models", `names ${named}, which is not among the models given`);
  }
}
