import { setBackgroundTimeout, type TimerHandle } from "../core/clock.js";
import { toSignalboxError } from "../errors/classify.js";
import type { Policies } from "../errors/policies.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { PlannedCandidate } from "./candidates.js";
import { DISABLED_BY_HAND } from "./candidates.js";
import { noteHealth } from "./health-notes.js";
import type { ProbeOptions } from "./options.js";
import type { RouterParts } from "./parts.js";

/** Probes every provider that can be probed, in rounds; the timer never keeps the process alive. */
export function startProbes(parts: RouterParts, { intervalMs, timeoutMs = 5_000 }: ProbeOptions): () => void {
  const { clock } = parts.services;
  const byProvider = new Map<PlannedCandidate["provider"], PlannedCandidate[]>();
  for (const candidate of parts.candidates) {
    const { provider } = candidate;
    if (!provider.probe || provider.unavailable) continue;
    byProvider.set(provider, [...(byProvider.get(provider) ?? []), candidate]);
  }
  let timer: TimerHandle;
  let stopped = false;
  const round = async (): Promise<void> => {
    await Promise.all([...byProvider].map(([provider, candidates]) => probe(provider, candidates)));
    if (!stopped) timer = setBackgroundTimeout(clock, () => void round(), intervalMs);
  };
  const probe = async (provider: PlannedCandidate["provider"], candidates: PlannedCandidate[]): Promise<void> => {
    const controller = new AbortController();
    const limit = setBackgroundTimeout(clock, () => controller.abort(), timeoutMs);
    let error: SignalboxError | null = null;
    try {
      await provider.probe?.(controller.signal);
    } catch (thrown) {
      error = toSignalboxError(thrown, { provider: provider.id, nowWallMs: clock.wallNow() });
    } finally {
      clock.clearTimeout(limit);
    }
    for (const candidate of candidates) {
      settle(candidate, error, clock.now(), parts.services.policies);
      noteHealth(parts, candidate, clock.now());
    }
  };
  timer = setBackgroundTimeout(clock, () => void round(), intervalMs);
  return () => {
    stopped = true;
    clock.clearTimeout(timer);
  };
}

/** A probe counts as a call of the candidate; a good one also lifts a disable that an answer caused. */
function settle({ gate }: PlannedCandidate, error: SignalboxError | null, nowMs: number, policies: Policies): void {
  const { disabled } = gate.view(nowMs);
  if (disabled === DISABLED_BY_HAND) return;
  if (disabled !== null && error === null) gate.admitAgain();
  const lease = gate.acquire(nowMs);
  if (lease >= 0)
    gate.settle(lease, nowMs, error, error ? { policy: policies.of(error.kind, error.detail) } : undefined);
}
