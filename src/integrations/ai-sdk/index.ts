/**
 * A router as a model of the AI SDK, and its models as providers.
 *
 * @module signalbox/ai-sdk
 */

export { type CacheLike, type CacheMiddlewareOptions, cacheMiddleware } from "./cache-middleware.js";
export { type FromLanguageModelOptions, fromLanguageModel, type ModelFacts } from "./from-language-model.js";
export { languageModel, type RouterLike } from "./language-model.js";
export type { AnyLanguageModel } from "./model-like.js";
export type { SignalboxProviderOptions } from "./to-request.js";
