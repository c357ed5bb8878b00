import { partialSuffix } from "./think-tags.js";

/** Cuts an answer at the first stop sequence, for models that take `stop` and ignore it. */
export interface StopCutter {
  /** Set once a sequence was met: everything after it is dropped. */
  readonly cut: boolean;
  /** The text that is safe to hand on; what may be half a sequence is held back. */
  push(piece: string): string;
  /** What was held back. */
  flush(): string;
}

/** A cutter for one answer, or `undefined` where there is nothing to cut at. */
export function createStopCutter(stops: readonly string[]): StopCutter | undefined {
  const sequences = stops.filter((stop) => stop !== "");
  if (sequences.length === 0) return undefined;
  let held = "";
  const cutter = {
    cut: false,
    push(piece: string): string {
      if (cutter.cut) return "";
      const text = held + piece;
      let end = text.length;
      let matchEnd = Number.POSITIVE_INFINITY;
      for (const stop of sequences) {
        const at = text.indexOf(stop);
        // The one that is complete first ends the answer, so that it does not matter how the text was cut into pieces.
        const to = at + stop.length;
        if (at >= 0 && (to < matchEnd || (to === matchEnd && at < end))) {
          end = at;
          matchEnd = to;
          cutter.cut = true;
        }
      }
      let kept = 0;
      if (!cutter.cut) for (const stop of sequences) kept = Math.max(kept, partialSuffix(text, stop));
      held = cutter.cut ? "" : text.slice(text.length - kept);
      return text.slice(0, end - kept);
    },
    flush(): string {
      const rest = held;
      held = "";
      return rest;
    },
  };
  return cutter;
}

/** `stop` as a list. */
export function stopsOf(stop: string | readonly string[] | null | undefined): readonly string[] {
  if (typeof stop === "string") return [stop];
  return stop ?? [];
}
