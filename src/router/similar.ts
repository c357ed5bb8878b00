import { fingerprint } from "../chat/fingerprint.js";
import type { Message } from "../chat/message.js";
import { NEED_TOOLS, needsOf } from "../chat/needs.js";
import type { StoredReply } from "../memory/stored-reply.js";
import { mayRead, serves } from "./lookup.js";
import type { RouterParts, Similar } from "./parts.js";
import type { Run } from "./run.js";

/** What must be equal (everything but the last user's words) and what may be alike (those words). */
interface Split {
  readonly bucket: string;
  readonly text: string;
}

/** Never for a request with tools or an open tool loop, nor for anything but plain words. */
function splitOf({ request, cacheScope }: Run): Split | undefined {
  const last = request.messages.at(-1);
  if (cacheScope === undefined || last?.role !== "user" || typeof last.content !== "string") return undefined;
  if ((needsOf(request) & NEED_TOOLS) !== 0) return undefined;
  const blank: Message = { ...last, content: "" };
  const messages = [...request.messages.slice(0, -1), blank];
  const scope = { ...cacheScope, namespace: `similar ${cacheScope.namespace}` };
  return { bucket: fingerprint({ ...request, messages }, scope), text: last.content };
}

/** The most alike question whose answer may serve this call. Never rejects. */
export async function findSimilar(parts: RouterParts, run: Run): Promise<Similar | undefined> {
  const reuse = parts.caching?.similar;
  const split = reuse && mayRead(run) ? splitOf(run) : undefined;
  if (!reuse || !split) return undefined;
  const match = await reuse.index.find(split.bucket, split.text);
  if (!match || !parts.caching) return undefined;
  const { responses } = parts.caching;
  const found: { stored?: StoredReply; fits?: boolean } = {};
  const look = (stored: StoredReply): boolean => {
    found.stored = stored;
    found.fits = serves(parts, run, stored);
    return found.fits && reuse.mode === "serve";
  };
  responses.peek(match.key, look);
  if (!found.stored) await responses.load(match.key, look);
  const { stored, fits } = found;
  // What cannot serve this call may serve the next; only what is gone is forgotten.
  if (!stored || !parts.byId.has(stored.candidate)) reuse.index.delete(match.key);
  return stored && fits ? { match, stored } : undefined;
}

/** An answer was stored: later questions like this one may find it. */
export function noteSimilar(parts: RouterParts, run: Run): void {
  const index = parts.caching?.similar?.index;
  const split = index && splitOf(run);
  if (index && split && run.cacheKey !== undefined) index.add(split.bucket, split.text, run.cacheKey);
}
