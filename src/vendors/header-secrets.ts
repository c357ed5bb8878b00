/** Values of these are the same for everybody, so an error may say them. */
const HARMLESS =
  /^(?:accept(?:-.*)?|user-agent|content-.*|anthropic-(?:version|beta)|openai-beta|http-referer|x-title)$/;

/** A header with such a name holds a secret, however ordinary its value looks. */
const SAYS_SECRET = /key|token|secret|auth|pass|cred|sign|session|cookie/;

/** An ordinary word, such as the name of a region: errors may say it. */
const WORD = /^[A-Za-z]{1,11}$/;

/**
 * What the values of a user's own headers may hold that no error may show: each value, and each part of one
 * (`Token token=abc`). Gateways name such headers as they like, so the name decides only for ordinary words.
 */
export function headerSecrets(headers: { readonly [name: string]: string }): readonly string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    if (HARMLESS.test(name)) continue;
    const saysSecret = SAYS_SECRET.test(name);
    for (const part of [value, ...value.split(/[\s,;="]+/), ...value.split(/[\s,;"]+/).map(assigned)]) {
      if (part !== "" && (saysSecret || !WORD.test(part))) found.add(part);
    }
  }
  return [...found];
}

/** The value of `token=abc=`, which may hold further equals signs, as base64 does. */
const assigned = (part: string): string => part.slice(part.indexOf("=") + 1);
