/** A new reply id in the form of the vocabulary. */
export function newReplyId(): string {
  return `chatcmpl-${crypto.randomUUID()}`;
}

/** Now, as replies tell it: whole seconds since 1970. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
