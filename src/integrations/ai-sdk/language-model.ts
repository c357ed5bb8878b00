import type { LanguageModelV3, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import type { ChatChunk } from "../../chat/chunk.js";
import type { ChatReply } from "../../chat/reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { ModelInfo } from "../../contract/provider.js";
import { checkMethods } from "../../errors/check-options.js";
import { invalidOption, SignalboxError } from "../../errors/signalbox-error.js";
import { callFactsOf } from "./call-facts.js";
import { contentOf, finishReasonOf, routeMetadata, usageOf } from "./from-reply.js";
import { factsOf } from "./kept-parts.js";
import { createPartWriter } from "./stream-parts.js";
import { toRequest } from "./to-request.js";

/** The part of a router that this door uses; `createRouter` and `router.with` return one. */
export interface RouterLike {
  /** The models that can be asked for. */
  readonly models: readonly ModelInfo[];
  /** Tells the ids of the providers, to which `providerOptions` may speak. */
  health?(): { readonly candidates: readonly { readonly id: string }[] };
  /** Asks for an answer in one piece. */
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply>;
  /** Asks for an answer in chunks. */
  stream(
    request: ChatRequest,
    options?: CallOptions,
  ): AsyncIterable<ChatChunk> & { readonly reply: Promise<ChatReply> };
}

/**
 * A router as a model of the AI SDK (spec v3: AI SDK 6 and 7), for `generateText`, `streamText`, `Output.object` and
 * agents. How an answer came about is in `providerMetadata.signalbox`. Failures are `SignalboxError`s, which the AI SDK
 * does not retry: the router has done so already.
 *
 * @throws SignalboxError `invalid_options`
 * @param modelId `"auto"`, a model id, `"provider/model"`, or an alias. @default "auto"
 * @param defaults options of every call; `providerOptions.signalbox` of a call wins.
 * @example
 * const { text } = await generateText({ model: languageModel(router), prompt: "Why is the sky blue?" });
 */
export function languageModel(router: RouterLike, modelId = "auto", defaults: CallOptions = {}): LanguageModelV3 {
  checkMethods(router, "router", ["chat", "stream"], "a router; createRouter({ providers: [provider] }) makes one");
  if (typeof modelId !== "string" || modelId === "") throw invalidOption("modelId", "must be a model's name");
  if (typeof defaults !== "object" || defaults === null) throw invalidOption("defaults", "must be options of a call");
  return {
    specificationVersion: "v3",
    provider: "signalbox",
    modelId,
    // Where some model reads picture URLs they are handed on; else the AI SDK downloads them, and we never do.
    supportedUrls: router.models.some((model) => model.capabilities.vision === "url")
      ? { "image/*": [/^https?:\/\//] }
      : {},

    async doGenerate(call) {
      const { request, options, warnings } = toRequest(call, modelId, defaults, router);
      const reply = await router.chat(request, options);
      const { message, finish_reason } = reply.choices[0];
      const { modelId: answered = reply.model, rawFinish } = factsOf(message.provider_state);
      const { headers, request: sent, warnings: told = [] } = callFactsOf(reply);
      const response = { id: reply.id, modelId: answered, timestamp: new Date(reply.created * 1_000) };
      return {
        content: contentOf(reply),
        finishReason: finishReasonOf(finish_reason, rawFinish),
        usage: usageOf(reply.usage),
        response: headers ? { ...response, headers: { ...headers } } : response,
        ...(sent ? { request: sent } : {}),
        warnings: [...warnings, ...told],
        ...routeMetadata(reply),
      };
    },

    async doStream(call) {
      const { request, options, warnings } = toRequest(call, modelId, defaults, router);
      const chunks = router.stream(request, options);
      const iterator: Pollable = chunks[Symbol.asyncIterator]();
      // A failure before the first chunk rejects here, as a refused request of any other model does.
      const first = await iterator.next();
      const { headers, request: sent, warnings: told = [] } = callFactsOf(first.done ? undefined : first.value);
      const stream = partStream(first, iterator, {
        whole: () => chunks.reply,
        raw: call.includeRawChunks === true,
        signal: call.abortSignal,
        begin: { type: "stream-start", warnings: [...warnings, ...told] },
      });
      return {
        stream,
        ...(sent ? { request: sent } : {}),
        ...(headers ? { response: { headers: { ...headers } } } : {}),
      };
    },
  };
}

type Pollable = AsyncIterator<ChatChunk> & { poll?(): ChatChunk | undefined };

interface PartStreamOptions {
  readonly whole: () => Promise<ChatReply>;
  readonly raw: boolean;
  readonly signal: AbortSignal | undefined;
  readonly begin: LanguageModelV3StreamPart;
}

function partStream(
  first: IteratorResult<ChatChunk>,
  iterator: Pollable,
  { whole, raw, signal, begin }: PartStreamOptions,
): ReadableStream<LanguageModelV3StreamPart> {
  let pending: IteratorResult<ChatChunk> | undefined = first;
  let emit: (part: LanguageModelV3StreamPart) => void = () => {};
  const writer = createPartWriter((part) => emit(part));
  const leave = (): void => void iterator.return?.()?.then(undefined, () => {});

  const take = (chunk: ChatChunk): void => {
    if (raw) emit({ type: "raw", rawValue: chunk });
    if (chunk.signalbox?.reset === true) {
      leave();
      throw new SignalboxError("stream_interrupted", "The stream began anew, and the AI SDK cannot take back a part");
    }
    writer.push(chunk);
  };
  return new ReadableStream<LanguageModelV3StreamPart>(
    {
      start(controller) {
        controller.enqueue(begin);
      },
      async pull(controller) {
        let told = 0;
        emit = (part) => {
          told++;
          controller.enqueue(part);
        };
        try {
          // A pull that hands over nothing would not be followed by another: chunks without content are read past.
          while (told === 0) {
            const result = pending ?? (await iterator.next());
            pending = undefined;
            if (result.done) {
              writer.end(await whole());
              controller.close();
              return;
            }
            take(result.value);
            for (let ready = iterator.poll?.(); ready; ready = iterator.poll?.()) {
              take(ready);
              if (told > MAX_READY) return;
            }
          }
        } catch (error) {
          if (signal?.aborted) return controller.error(signal.reason);
          controller.enqueue({ type: "error", error });
          controller.close();
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

/** Parts put into the queue ahead of the reader at most. */
const MAX_READY = 256;
