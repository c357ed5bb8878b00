/** A signal that aborts when either of two does; the one itself where only one is given. Costly for two: not for every call. */
export function joinSignals(
  one: AbortSignal | null | undefined,
  other: AbortSignal | null | undefined,
): AbortSignal | undefined {
  if (!one || !other || one === other) return one ?? other ?? undefined;
  return AbortSignal.any([one, other]);
}
