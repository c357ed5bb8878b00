import type { ChatChunk } from "../../chat/chunk.js";
import type { ChatReply } from "../../chat/reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { AnyProvider, CallContext, ModelInfo } from "../../contract/provider.js";
import { checkMethods } from "../../errors/check-options.js";
import { SignalboxError } from "../../errors/signalbox-error.js";

/** The part of a router that this door uses; `createRouter` and `router.with` return one. */
export interface RouterLike {
  readonly id: string;
  readonly models: readonly ModelInfo[];
  readonly aliases?: readonly string[] | undefined;
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply>;
  stream(request: ChatRequest, options?: CallOptions): AsyncIterable<ChatChunk>;
  explain(request: ChatRequest, options?: CallOptions): unknown;
}

/** Whoever answers behind the door. */
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

/** What a bare provider is told: no deadline, no budget, because nothing above it has one. */
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

/** What asking for a model that nobody here has ends in. */
export function unknownModel(asked: string | null | undefined): SignalboxError {
  const where = { path: "model", detail: "unknown_model" };
  return new SignalboxError("invalid_request", `The model ${asked} does not exist here`, where);
}

/** The model a bare provider is asked for, by its own name; `undefined` where it has no such model. */
export function modelOf(provider: AnyProvider, asked: string | null | undefined): string | undefined {
  const { id, models, autoModels } = provider;
  if (!asked || asked === "auto") return autoModels?.[0] ?? models[0]?.id;
  const own = asked.startsWith(`${id}/`) ? asked.slice(id.length + 1) : asked;
  return models.some((model) => model.id === asked) ? asked : models.find((model) => model.id === own)?.id;
}
