import type { SharedState } from "../../contract/shared-state.js";
import type { FleetReading } from "./counts.js";
import { Link } from "./link.js";
import { type RedisStateOptions, settingsOf } from "./options.js";
import { portOf } from "./port.js";
import { RedisSession } from "./session.js";

/** How sharing goes, in this process. */
export interface RedisStateStats {
  /** Whether the server answers. */
  readonly up: boolean;
  /** Processes that were heard within half a minute, this one included. */
  readonly members: number;
  /** Commands that were sent. */
  readonly commands: number;
  /** Commands that failed, were too slow, or could not be sent. */
  readonly failures: number;
  /** Shared values that made no sense; ignored. */
  readonly corrupt: number;
  /** Dollars spent that no budget granted: estimates that fell short, and `onUnavailable: "spend"`. */
  readonly overspentUsd: number;
  /** Requests refused because nobody could say whether there was money. */
  readonly refusedAlone: number;
  /** What the calls of all processes came to, by candidate, as last heard. */
  readonly candidates: { readonly [candidate: string]: FleetReading };
}

/** State shared through Redis; hand it to the routers of every process. */
export interface RedisState extends SharedState {
  /** What the link to Redis did. */
  stats(): RedisStateStats;
}

/**
 * Cool-downs, breakers, probes, money budgets, use of rate limits, metrics and calls under way, shared by all processes that use the same
 * namespace. A router answers from its own memory as ever; Redis is told and heard in the background. Where it is slow or
 * gone, each process goes on alone, counts it, and rejoins.
 *
 * @throws SignalboxError `invalid_options` for a client that is none of the known kinds, or not connected
 * @example
 * const client = await createClient({ url: "redis://localhost" }).on("error", () => {}).connect();
 * const shared = redisState({ client });
 */
export function redisState(options: RedisStateOptions): RedisState {
  const settings = settingsOf(options);
  const port = portOf(options.client);
  const link = new Link(port, settings.clock, settings.timeoutMs);
  const sessions = new Set<RedisSession>();
  return {
    join(member) {
      const session = new RedisSession(settings, port, link, member);
      sessions.add(session);
      return session;
    },
    stats() {
      const all = [...sessions].map((session) => session.counts);
      return {
        up: link.up,
        members: Math.max(1, ...all.map((counts) => counts.members)),
        ...link.counts,
        overspentUsd: all.reduce((sum, counts) => sum + counts.overspentUsd, 0),
        refusedAlone: all.reduce((sum, counts) => sum + counts.refusedAlone, 0),
        candidates: Object.assign({}, ...[...sessions].map((session) => session.reading())),
      };
    },
  };
}
