/**
 * Doubles for tests of code that uses this library: time, chance, providers and a server that misbehaves as told.
 *
 * @module
 */
export { type Random, seededRandom } from "../core/random.js";
export { createCallContext } from "./call-context.js";
export type { CaseFramework, ConformanceCase } from "./conformance/case.js";
export {
  type EvictionConformanceOptions,
  evictionConformance,
  runEvictionConformance,
} from "./conformance/eviction.js";
export {
  type ConformanceFeature,
  type ProviderConformanceOptions,
  type ProviderScenario,
  type ProviderUnderTest,
  providerConformance,
  runProviderConformance,
  startWireUpstream,
  type UpstreamFailure,
  type WireUpstream,
} from "./conformance/provider.js";
export {
  runStoreConformance,
  type StoreConformanceOptions,
  type StoreFeature,
  type StoreUnderTest,
  storeConformance,
} from "./conformance/store.js";
export {
  runStrategyConformance,
  type StrategyConformanceOptions,
  strategyConformance,
} from "./conformance/strategy.js";
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
