import type { ProviderState } from "../../chat/message.js";

/** How a sealed state begins; whatever begins otherwise was encrypted by another server. */
const PREFIX = "signalbox/";

/**
 * A provider's state as the `encrypted_content` of a reasoning item, which clients return as it is. It is no secret, only
 * opaque: the router gives it to its issuer alone.
 */
export function seal({ issuer, data }: ProviderState): string {
  return `${PREFIX}${encodeURIComponent(issuer)}/${JSON.stringify(data)}`;
}

/** The state in a sealed text; `undefined` for one that another server made. */
export function unseal(text: unknown): ProviderState | undefined {
  if (typeof text !== "string" || !text.startsWith(PREFIX)) return undefined;
  const end = text.indexOf("/", PREFIX.length);
  if (end < 0) return undefined;
  try {
    return { issuer: decodeURIComponent(text.slice(PREFIX.length, end)), data: JSON.parse(text.slice(end + 1)) };
  } catch {
    return undefined;
  }
}
