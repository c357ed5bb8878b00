import type { AnyProvider, ModelInfo } from "../contract/provider.js";
import type { PhaseTimeouts, TimeoutOptions, Timeouts } from "../contract/timeouts.js";

/** The times of a router, in full. */
export function timeoutsOf({ totalMs, ...phases }: TimeoutOptions = {}): Timeouts {
  const usual: Timeouts = {
    headersMs: 30_000,
    unaryHeadersMs: 120_000,
    firstTokenMs: 30_000,
    thinkingFirstTokenMs: 120_000,
    idleMs: 60_000,
    idleContentMs: 120_000,
    totalMs: totalMs ?? 600_000,
  };
  return withPhases(usual, phases);
}

/** The same with the phases that are given here. One value stands for both of its kind: streamed and whole, with and without thinking. */
export function withPhases(base: Timeouts, { headersMs, firstTokenMs, idleMs }: PhaseTimeouts): Timeouts {
  return {
    headersMs: headersMs ?? base.headersMs,
    unaryHeadersMs: headersMs ?? base.unaryHeadersMs,
    firstTokenMs: firstTokenMs ?? base.firstTokenMs,
    thinkingFirstTokenMs: firstTokenMs ?? base.thinkingFirstTokenMs,
    idleMs: idleMs ?? base.idleMs,
    idleContentMs: idleMs ?? base.idleContentMs,
    totalMs: base.totalMs,
  };
}

/** The times of one candidate: its model's own go before its provider's, these before the router's. */
export function candidateTimeouts(router: Timeouts, provider: AnyProvider, info: ModelInfo): Timeouts {
  const { timeouts } = provider;
  const ofProvider = timeouts ? withPhases(router, timeouts) : router;
  return info.timeouts ? withPhases(ofProvider, info.timeouts) : ofProvider;
}
