/**
 * Doubles for tests of code that uses this library: time, chance, providers and a server that misbehaves as told.
 *
 * @module signalbox/testing
 */
export { type Random, seededRandom } from "../core/random.js";
export { createCallContext } from "./call-context.js";
export type { CaseFramework, ConformanceCase } from "./conformance/case.js";
export {
  type EvictionConformanceOptions,
  evictionConformance,
  runEvictionConformance,
} from "./conformance/eviction.js";
export { type FeatureConformanceOptions, featureConformance, runFeatureConformance } from "./conformance/feature.js";
export { providerConformance, runProviderConformance } from "./conformance/provider.js";
export type {
  ConformanceFeature,
  ProviderConformanceOptions,
  ProviderScenario,
  ProviderUnderTest,
  UpstreamFailure,
} from "./conformance/provider-scenarios.js";
export { startWireUpstream, type WireUpstream } from "./conformance/provider-upstream.js";
export { runStoreConformance, storeConformance } from "./conformance/store.js";
export type { StoreConformanceOptions, StoreFeature, StoreUnderTest } from "./conformance/store-options.js";
export { runStrategyConformance, strategyConformance } from "./conformance/strategy.js";
export type { StrategyConformanceOptions } from "./conformance/strategy-options.js";
export { type FetchStep, faultFetch, networkError } from "./fault-fetch.js";
export * from "./fault-server/index.js";
export {
  type ScriptAction,
  type ScriptedCall,
  type ScriptedProvider,
  type ScriptedProviderOptions,
  type ScriptFunction,
  type ScriptPiece,
  type ScriptStep,
  scriptedProvider,
  testModel,
} from "./scripted-provider.js";
export { createVirtualClock, type VirtualClock, type VirtualClockOptions } from "./virtual-clock.js";
