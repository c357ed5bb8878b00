import type { EntryView } from "./types.js";

/** Whether a caller's predicate picks an entry; one that throws picks nothing. */
export function picks(predicate: (entry: EntryView) => boolean, entry: EntryView): boolean {
  try {
    return predicate(entry) === true;
  } catch {
    return false;
  }
}
