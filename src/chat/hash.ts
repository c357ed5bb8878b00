import { sha256 as portableSha256 } from "@noble/hashes/sha2.js";
import { toBase64Url } from "../core/bytes.js";
import { nodeCrypto } from "../core/platform.js";

type Hash = (text: string) => string;

/** sha256 of a text's UTF-8, base64url (43 characters). Lone surrogates stay distinct. */
export const sha256: Hash = createSha256(nodeCrypto);

/** The same by Node's `crypto`, which is many times faster, or without it. The one-shot form saves another third. */
export function createSha256(native: typeof nodeCrypto): Hash {
  if (native === undefined) return (text) => toBase64Url(portableSha256(new TextEncoder().encode(utf8Safe(text))));
  const { hash } = native;
  if (hash !== undefined) return (text) => hash("sha256", utf8Safe(text), "base64url");
  return (text) => native.createHash("sha256").update(utf8Safe(text)).digest("base64url");
}

/** UTF-8 has no place for half a surrogate pair: every such half would become the same replacement character. */
function utf8Safe(text: string): string {
  return (text as string & { isWellFormed(): boolean }).isWellFormed() ? text : JSON.stringify(text);
}
