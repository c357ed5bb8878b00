import type { EventMap } from "../contract/events.js";
import { type ContainedEmitter, createEmitter } from "../core/emitter.js";

/** Different warnings that are told once each. */
const MOST_TOLD = 1_000;

/** A router's events, and its warnings among them. */
export interface RouterEvents {
  readonly events: ContainedEmitter<EventMap>;
  /** Whether somebody heard it. */
  warn(code: string, message: string, requestId?: string): boolean;
  /** As `warn`, but the same words only once. */
  warnOnce(code: string, message: string, requestId?: string): void;
}

export function createRouterEvents(): RouterEvents {
  const events = createEmitter<EventMap>((name, fault) => {
    if (name !== "warning") warn("listener_failed", `A listener of "${name}" failed: ${faultName(fault)}`);
  });
  const warn = (code: string, message: string, requestId?: string): boolean => {
    const heard = events.has("warning");
    if (heard) events.emit("warning", { code, message, requestId });
    return heard;
  };
  const told = new Set<string>();
  return {
    events,
    warn,
    warnOnce(code, message, requestId) {
      const key = `${code} ${message}`;
      if (!events.has("warning") || told.has(key) || told.size >= MOST_TOLD) return;
      told.add(key);
      warn(code, message, requestId);
    },
  };
}

/** A fault in words that hold no data of the app's: only what kind of thing was thrown. */
function faultName(fault: unknown): string {
  return fault instanceof Error ? fault.name : typeof fault;
}
