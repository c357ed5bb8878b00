import type { LearnerTicket } from "./learner.js";

/** No app names a kind of request with more characters. */
const LONGEST_KIND = 200;

/** A ticket that has travelled as JSON; `undefined` where it is malformed, so that it cannot spoil what was learned. */
export function readTicket(value: unknown): LearnerTicket | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { v, kind, difficulty, features } = value as { readonly [key: string]: unknown };
  if (v !== 1 || typeof kind !== "string" || kind.length > LONGEST_KIND) return undefined;
  if (typeof difficulty !== "number" || !(difficulty >= 0 && difficulty <= 1)) return undefined;
  return { v, kind, difficulty, features: typeof features === "string" ? features : undefined };
}
