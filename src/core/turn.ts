import { immediate } from "./platform.js";

// Read at load, as `immediate` is, so that a test which replaces the global timers does not stop streams.
const later = globalThis.setTimeout;

/** After so many steps without waiting, work that is always ready lets timers and sockets have a turn. */
export const TURN_STEPS = 1_024;

/** Lets timers and sockets have a turn: promises that are ready follow each other without one. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate === undefined) later(resolve, 0);
    else immediate(resolve);
  });
}
