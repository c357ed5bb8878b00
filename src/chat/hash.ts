import * as crypto from "node:crypto";

type OneShot = (algorithm: string, data: string, encoding: "base64url") => string;

/** sha256 of a text's UTF-8, base64url (43 characters). Lone surrogates stay distinct. */
export const sha256 = createSha256((crypto as { hash?: OneShot }).hash);

/** The one-shot hash is a third faster; runtimes that imitate Node may lack it. */
export function createSha256(oneShot: OneShot | undefined): (text: string) => string {
  if (oneShot !== undefined) return (text) => oneShot("sha256", utf8Safe(text), "base64url");
  return (text) => crypto.createHash("sha256").update(utf8Safe(text)).digest("base64url");
}

/** UTF-8 has no place for half a surrogate pair: every such half would become the same replacement character. */
function utf8Safe(text: string): string {
  return (text as string & { isWellFormed(): boolean }).isWellFormed() ? text : JSON.stringify(text);
}
