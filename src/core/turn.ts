// Taken at load, so that a test which fakes the global timers does not stop streams. Not every runtime has it.
const immediate: ((run: () => void) => unknown) | undefined = globalThis.setImmediate;
const later = globalThis.setTimeout;

/** After so many steps without waiting, work that is always ready lets timers and sockets have a turn. */
export const TURN_STEPS = 256;

/** Lets timers and sockets have a turn: promises that are ready follow each other without one. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate === undefined) later(resolve, 0);
    else immediate(resolve);
  });
}
