const KIB = 1_024;
const MIB = 1_024 * KIB;

/** How much of an upstream's answer is taken in, decoded bytes. Far above any honest answer, far below a crash. */
export const LIMITS = {
  /** A whole answer in one piece. */
  unaryBytes: 16 * MIB,
  /** All bytes of a stream, comments included. */
  streamBytes: 64 * MIB,
  /** What is read of an error's body; the rest is cancelled. */
  errorBytes: 64 * KIB,
  sseLineBytes: MIB,
  sseEventBytes: 4 * MIB,
  sseEvents: 200_000,
  /** Nesting of JSON. */
  jsonDepth: 64,
} as const;
