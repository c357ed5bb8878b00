import * as crypto from "node:crypto";

type OneShot = (algorithm: string, data: string, encoding: "base64url") => string;

// Node 20.20 and 22 have a one-shot hash, a third faster; Node 20.19 has not.
const oneShot: OneShot | undefined = (crypto as { hash?: OneShot }).hash;

/** sha256 of a text's UTF-8, base64url (43 characters). Lone surrogates stay distinct. */
export function sha256(text: string): string {
  const safe = isWellFormed(text) ? text : JSON.stringify(text);
  if (oneShot !== undefined) return oneShot("sha256", safe, "base64url");
  return crypto.createHash("sha256").update(safe).digest("base64url");
}

// UTF-8 has no place for half a surrogate pair: every such half would become the same replacement character.
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
