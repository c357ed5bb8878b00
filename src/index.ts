/**
 * The router, its options, strategies, cache and errors.
 *
 * @module signalbox
 */

export type { ChatChunk, ChunkChoice, Delta, ToolCallDelta } from "./chat/chunk.js";
export { createReply, type ReplyInit } from "./chat/create-reply.js";
export type {
  Annotation,
  AssistantMessage,
  AudioPart,
  ContentPart,
  CustomToolCall,
  DeveloperMessage,
  FilePart,
  FunctionMessage,
  FunctionToolCall,
  ImagePart,
  Message,
  ProviderState,
  RefusalPart,
  ReplyAudio,
  ReplyImage,
  SystemMessage,
  TextPart,
  ToolCall,
  ToolMessage,
  UserMessage,
} from "./chat/message.js";
export type { RepairJson } from "./chat/repair-json.js";
export type {
  ChatReply,
  Choice,
  Extensions,
  FinishReason,
  Logprobs,
  ReplyMessage,
  ServiceTier,
  TokenLogprob,
} from "./chat/reply.js";
export type {
  ChatRequest,
  CustomTool,
  FunctionTool,
  ReasoningEffort,
  ResponseFormat,
  Tool,
  ToolChoice,
} from "./chat/request.js";
export type { StandardSchemaV1 } from "./chat/standard-schema.js";
export type { TokenCounts, Usage } from "./chat/usage.js";
export type { CallCacheOptions, CallOptions } from "./contract/call-options.js";
export type { BreakerState, EventMap, EventName, HealthStatus } from "./contract/events.js";
export type {
  Awaitable,
  Feature,
  FeatureAnswer,
  FeatureCandidate,
  FeatureDecision,
  FeatureHost,
  FeatureLease,
  FeatureRun,
  StreamTransform,
} from "./contract/feature.js";
export type {
  AnyProvider,
  AttemptBudget,
  CallContext,
  Capabilities,
  Deadline,
  ModelInfo,
  Price,
  PriceTier,
  Provider,
  StreamOnlyProvider,
} from "./contract/provider.js";
export type {
  ArmResult,
  Assignment,
  Attempt,
  AttemptRole,
  CacheStatus,
  ExperimentResult,
  RepairedPart,
  RequestRecord,
  Route,
  RouteCache,
  RouteHead,
  Sensitivity,
} from "./contract/records.js";
export type {
  SharedCounts,
  SharedGateState,
  SharedHold,
  SharedPurse,
  SharedRefusal,
  SharedState,
  SharedStateMember,
  SharedStateSession,
} from "./contract/shared-state.js";
export type { EntryOptions, Store } from "./contract/store.js";
export type {
  CandidateSnapshot,
  Characteristics,
  Level,
  Need,
  QualityEstimate,
  RankedCandidate,
  RequestKind,
  Strategy,
  StrategyContext,
} from "./contract/strategy.js";
export type { PhaseTimeouts, TimeoutOptions } from "./contract/timeouts.js";
export type { Transport, TransportReader, TransportRequest, TransportResponse } from "./contract/transport.js";
export type { Verdict, VerdictEvidence } from "./contract/verdict.js";
export type { Clock, TimerHandle } from "./core/clock.js";
export type { Random } from "./core/random.js";
export { type CachedMode, type CachedOptions, cached } from "./engine/cached.js";
export { defineFeature } from "./engine/define-feature.js";
export type { DegradeOptions, ShrinkOptions } from "./engine/degrade.js";
export type { EscalateOptions } from "./engine/escalate.js";
export type { HedgeOptions } from "./engine/hedge.js";
export type { EscalateWhen, Progress, SessionStep, StuckOptions } from "./engine/progress.js";
export type { ReplyStream } from "./engine/stream/reader-stream.js";
export type { ReplyIterator } from "./engine/stream/reply-iterator.js";
export type { StreamResponseInit } from "./engine/stream/stream-response.js";
export type { WarmOptions, WarmProgress, WarmReport } from "./engine/warm.js";
export type { FilteredCategory } from "./errors/filter-results.js";
export {
  type AttemptSummary,
  ERROR_KINDS,
  type ErrorKind,
  type Exclusion,
  type ExclusionReason,
} from "./errors/kinds.js";
export type { PolicyOverrides } from "./errors/policies.js";
export type { BreakerEffect, Policy, PolicyKey } from "./errors/policy.js";
export { SignalboxError, type SignalboxErrorInit } from "./errors/signalbox-error.js";
export type { CodeMeaning, Meaning, MessagePattern, VendorCodes } from "./errors/vendor-codes.js";
export { type ExperimentOptions, experiment } from "./features/experiment/experiment.js";
export { createCache } from "./memory/cache.js";
export type { ConversationOptions, ConversationSnapshot, ConversationStats } from "./memory/conversations.js";
export { ageing } from "./memory/policies/ageing.js";
export { lru } from "./memory/policies/lru.js";
export type { CacheRoom, EvictionOrder, EvictionPolicy } from "./memory/policies/policy.js";
export { s3Fifo } from "./memory/policies/s3-fifo.js";
export type { Invalidation } from "./memory/response-cache.js";
export type { SimilarityStats } from "./memory/similarity.js";
export type { BoundStats } from "./memory/similarity-bound.js";
export type { ShadowStats } from "./memory/similarity-shadow.js";
export type { Embed } from "./memory/similarity-vectors.js";
export type { StoredExtra, StoredReply } from "./memory/stored-reply.js";
export type {
  Cache,
  CacheOptions,
  CacheStats,
  EntryView,
  MemoryCache,
  Pin,
  PressureOptions,
  RemovedCounts,
  StoreStats,
  WarmEntry,
  WarmResult,
} from "./memory/types.js";
export type { PackedUsage } from "./memory/usage-pack.js";
export type { OwnerStats } from "./metrics/owner-stats.js";
export type { RouterStats } from "./metrics/router-stats.js";
export type { CallStats, Quantiles, RequestStats } from "./metrics/tally.js";
export type { KindReading } from "./metrics/types.js";
export { createRouter } from "./preset/create-router.js";
export type { LimiterOptions } from "./resilience/limiter.js";
export type { Conversation, TurnInput } from "./router/conversation.js";
export type { ExplainedCandidate, Explanation } from "./router/explain.js";
export type { LearnReport, LearnRow } from "./router/learn-from.js";
export type { Feedback, FeedbackRoute, FeedbackTarget } from "./router/learning.js";
export { EVENT_NAMES } from "./router/listeners.js";
export type { LatencyQuantiles, MeasuredCandidate } from "./router/measured.js";
export type {
  BreakerOptions,
  ProbeOptions,
  RetryOptions,
  RouterCacheOptions,
  RouterOptions,
  ShadowOptions,
  SimilarReuseOptions,
  StreamOptions,
} from "./router/options.js";
export type { ReplyOf, RoutedReply, RouterStream, TicketedRoute } from "./router/records.js";
export type { CandidateHealth, Router, RouterHealth, RouterReport } from "./router/router.js";
export type { TenantLimits } from "./router/tenant-limits.js";
export type { RouterUpdate } from "./router/update.js";
export type { BudgetReading, BudgetRule } from "./spend/budgets.js";
export { type AdaptiveOptions, adaptive } from "./strategies/adaptive.js";
export type { BuiltInStrategy } from "./strategies/built-in.js";
export { type BlendOptions, blend, type ChainOptions, chain } from "./strategies/compose.js";
export { type CostOptimizedOptions, costOptimized } from "./strategies/cost-optimized.js";
export { defineStrategy } from "./strategies/define-strategy.js";
export type { EmbedOptions, EmbedTexts } from "./strategies/learner/embedder.js";
export { type PerformanceWeightedOptions, performanceWeighted } from "./strategies/performance-weighted.js";
export { type ReliabilityFocusedOptions, reliabilityFocused } from "./strategies/reliability-focused.js";
export type {
  DecisionLine,
  DecisionLogLine,
  FeedbackLine,
  LoggedCandidate,
  OutcomeLine,
} from "./strategies/replay/decision-log.js";
export type { StrategyRecommendation } from "./strategies/replay/recommend.js";
export { type Estimate, type ReplayOptions, type ReplayResult, replay } from "./strategies/replay/replay.js";
export { weighted } from "./strategies/weighted.js";
export { type AnthropicCompatibleOptions, anthropicCompatible } from "./vendors/anthropic-compatible.js";
export { catalogue, retiredModels } from "./vendors/catalogue/index.js";
export { glm } from "./vendors/glm.js";
export type { HttpProvider } from "./vendors/http-provider.js";
export type { ApiKeyOption, KeyContext } from "./vendors/keys.js";
export { kimi } from "./vendors/kimi.js";
export { minimax } from "./vendors/minimax.js";
export type { ModelOption, PartialModel } from "./vendors/models.js";
export { type EndpointOptions, type OpenAICompatibleOptions, openaiCompatible } from "./vendors/openai-compatible.js";
export type { Plan, Region, VendorOptions, Wire } from "./vendors/profile.js";
export { type SimulatedProvider, simulated } from "./vendors/simulated.js";
export type { SimulatedOptions } from "./vendors/simulated-options.js";
export type {
  FailureScript,
  FailuresOption,
  ReplyOption,
  SimulatedFailure,
  SimulatedReply,
} from "./vendors/simulated-script.js";
export type { ChunkStream } from "./wire/chunk-stream.js";
