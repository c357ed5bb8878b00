import QuickLRU from "quick-lru";
import { sha256 } from "../chat/hash.js";
import type { CallOptions } from "../contract/call-options.js";
import type { PlannedCandidate } from "./candidates.js";

/** Remembers where each session began, so that its later calls go there while that candidate may run. */
export interface Sessions {
  /** Under which key this call's session is kept; `undefined` for a call that belongs to none. */
  keyOf(options: CallOptions, strategy: string): string | undefined;
  /** Whether the session was moved up to a stronger candidate. */
  raised(key: string | undefined): boolean;
  /** The candidate of `among` that the session is at; `undefined` if it has none yet, or was silent for too long. */
  homeOf(key: string, among: readonly PlannedCandidate[], nowMs: number): PlannedCandidate | undefined;
  /**
   * Notes who answered a call of the session. The first answer makes its home; a later one moves it only if the call went
   * to the home and was answered elsewhere.
   * @param raised it was moved up by this call
   */
  answered(
    key: string,
    candidate: PlannedCandidate,
    home: PlannedCandidate | undefined,
    nowMs: number,
    raised: boolean,
  ): void;
}

interface Session {
  home: string;
  lastMs: number;
  raised: boolean;
}

/** A session that is silent for longer has lost its prefix cache, so it is free again; where nobody names its lifetime. */
const PREFIX_CACHE_MS = 300_000;

/** Strategies that would send the turns of one conversation to anybody. */
const SCATTERING: ReadonlySet<string> = new Set(["round-robin", "weighted"]);

/** Keys up to this length are kept as they are; of a longer one, its hash. */
const MAX_KEY_CHARS = 256;

/**
 * @param max sessions that are remembered at least; the longest silent ones go first
 * @param conversations whether every conversation is a session, whatever the strategy
 */
export function createSessions(conversations = false, max = 10_000): Sessions {
  const sessions = new QuickLRU<string, Session>({ maxSize: max });
  return {
    keyOf({ tenant, sessionKey, conversationId }, strategy) {
      const named =
        sessionKey === undefined
          ? conversations || SCATTERING.has(strategy)
            ? conversationId
            : undefined
          : sessionKey;
      if (named === undefined) return undefined;
      const key = JSON.stringify([sessionKey === undefined, tenant ?? null, named]);
      return key.length > MAX_KEY_CHARS ? sha256(key) : key;
    },
    raised: (key) => key !== undefined && sessions.peek(key)?.raised === true,
    homeOf(key, among, nowMs) {
      const session = sessions.get(key);
      if (!session) return undefined;
      const home = among.find(({ id }) => id === session.home);
      const keptMs = home?.provider.prefixCache?.ttlMs ?? PREFIX_CACHE_MS;
      return nowMs - session.lastMs > keptMs ? undefined : home;
    },
    answered(key, candidate, home, nowMs, raised) {
      const session = sessions.peek(key);
      if (!session) {
        sessions.set(key, { home: candidate.id, lastMs: nowMs, raised });
        return;
      }
      session.raised ||= raised;
      const keptMs = candidate.provider.prefixCache?.ttlMs ?? PREFIX_CACHE_MS;
      const began = home === undefined && nowMs - session.lastMs <= keptMs;
      if (!began) session.home = candidate.id;
      if (!began || session.home === candidate.id) session.lastMs = nowMs;
    },
  };
}
