import { randomBytes } from "node:crypto";

/** Makes request ids: unique in this process, unguessable enough between processes, cheap (no random read per id). */
export function createIdSource(prefix: string): () => string {
  const run = randomBytes(6).toString("hex");
  let count = 0;
  return () => `${prefix}_${run}${(++count).toString(36).padStart(5, "0")}`;
}
