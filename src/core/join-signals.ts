/** A signal that either of two aborts; the one itself where there is but one. Off the common path: two cost more. */
export function joinSignals(
  one: AbortSignal | null | undefined,
  other: AbortSignal | null | undefined,
): AbortSignal | undefined {
  if (!one || !other || one === other) return one ?? other ?? undefined;
  return AbortSignal.any([one, other]);
}
