import { toHex } from "./bytes.js";

/**
 * Makes request ids: unique in this process, unguessable enough between processes, cheap (no random read per id).
 * Random bytes are read at the first id, because Workers refuse them while a program loads.
 */
export function createIdSource(prefix: string): () => string {
  let run = "";
  let count = 0;
  return () => {
    if (run === "") run = toHex(crypto.getRandomValues(new Uint8Array(6)));
    return `${prefix}_${run}${(++count).toString(36).padStart(5, "0")}`;
  };
}
