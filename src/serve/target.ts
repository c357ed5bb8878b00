import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { AnyProvider, CallContext, ModelInfo } from "../contract/provider.js";
import { checkMethods } from "../errors/check-options.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/** The part of a router that an HTTP door uses; `createRouter` and `router.with` return one. */
export interface RouterLike {
  /** Its id. */
  readonly id: string;
  /** The models that can be asked for. */
  readonly models: readonly ModelInfo[];
  /** Other names that it knows for models. */
  readonly aliases?: readonly string[] | undefined;
  /** Asks for an answer in one piece. */
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply>;
  /** Asks for an answer in chunks. */
  stream(request: ChatRequest, options?: CallOptions): AsyncIterable<ChatChunk>;
  /** Says who would be asked, without asking. */
  explain(request: ChatRequest, options?: CallOptions): unknown;
}

/** What answers behind a door: a router, or a provider alone. */
export type Target = RouterLike | AnyProvider;

/** Only a router decides, so only a router takes per-call options. */
export function isRouter(target: Target): target is RouterLike {
  return typeof (target as Partial<RouterLike>).explain === "function";
}

/** @throws SignalboxError `invalid_options` for what is neither a router nor a provider. */
export function checkTarget(target: Target): void {
  const streamsAlone = typeof target?.stream === "function" && !isRouter(target);
  checkMethods(target, "target", [streamsAlone ? "stream" : "chat"], "a router or a provider");
  checkMethods(target.models, "target.models", ["map"], "a list of models");
}

/** The context of a call to a provider without a router: no deadline and no attempt budget. */
export function contextFor(signal: AbortSignal, requestId: string): CallContext {
  const attempts = {
    limit: Number.POSITIVE_INFINITY,
    used: 0,
    take() {
      attempts.used += 1;
      return true;
    },
  };
  return { signal, requestId, deadline: { remainingMs: () => Number.POSITIVE_INFINITY }, attempts };
}

/** The error of a request that names a model which nothing here serves. */
export function unknownModel(asked: string | null | undefined): SignalboxError {
  const where = { path: "model", detail: "unknown_model" };
  return new SignalboxError("invalid_request", `The model ${asked} does not exist here`, where);
}

/** The provider's own name for the model asked; `undefined` if it has no such model. */
export function modelOf(provider: AnyProvider, asked: string | null | undefined): string | undefined {
  const { id, models, autoModels } = provider;
  if (!asked || asked === "auto") return autoModels?.[0] ?? models[0]?.id;
  const own = asked.startsWith(`${id}/`) ? asked.slice(id.length + 1) : asked;
  return models.some((model) => model.id === asked) ? asked : models.find((model) => model.id === own)?.id;
}
