import { toBase64, toHex } from "../core/bytes.js";

/** Takes secrets out of text that is about to leave: error messages, causes, codes. */
export interface Redactor {
  scrub(text: string): string;
}

/** A redactor that knows keys, and can learn of the one that a call used. */
export interface KeyRedactor extends Redactor {
  /** A redactor that knows these as well. */
  knowing(...secrets: readonly string[]): Redactor;
}

/** Shorter keys are not searched for by themselves: they would blank out ordinary words. */
const MIN_SECRET_CHARS = 4;
const MASK = "[redacted]";
const SHORT_MASK = "***";
const MAX_CACHED_KEYS = 64;

// Key-shaped text, whoever it belongs to: a vendor may echo a key that is not ours. Each is linear: a run of characters
// that a token may hold is entered at its beginning alone, or at a mark that it holds once.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sk|pk|rk|ak)-[A-Za-z0-9_*.-]{8,}/g, ""],
  [/\b(Bearer|Basic)[ \t]{1,4}[A-Za-z0-9._~+/=*-]{8,}/gi, "$1 "],
  [
    /(?<![A-Za-z0-9_-])((?:[A-Za-z0-9_]{0,24}-){0,3})eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]{0,})?/g,
    "$1",
  ],
  [/\b[0-9a-f]{32}\.[A-Za-z0-9]{16}\b/g, ""],
  [/\bAIza[A-Za-z0-9_-]{20,}/g, ""],
  [
    /\b((?:x-)?api[ _-]?key|authorization|access[_-]?token|client[_-]?secret)((?: provided)?["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)(?!\[redacted\]|Bearer |Basic )[^\s"',;&]{6,}/gi,
    "$1$2",
  ],
];

/**
 * Scrubs the given keys, exactly and in the forms in which they travel (URL-encoded, JSON-escaped, hexadecimal, base64 at
 * any offset) or are disguised (reversed), then anything key-shaped. `secrets` is asked at every call, for keys rotate.
 */
export function createRedactor(secrets: () => readonly string[]): KeyRedactor {
  const known = new Map<string, readonly string[]>();
  const formsOf = (secret: string): readonly string[] => {
    let forms = known.get(secret);
    if (forms === undefined) {
      if (known.size >= MAX_CACHED_KEYS) known.clear();
      forms = travellingForms(secret);
      known.set(secret, forms);
    }
    return forms;
  };
  const scrub = (text: string, own: readonly string[]): string => {
    const forms = [...own];
    for (const secret of secrets()) if (secret.length >= MIN_SECRET_CHARS) forms.push(...formsOf(secret));
    return scrubWith(text, forms);
  };
  return {
    scrub: (text) => scrub(text, []),
    knowing(...secrets) {
      const own = secrets.flatMap((secret) => (secret.length < MIN_SECRET_CHARS ? [] : formsOf(secret)));
      return { scrub: (text) => scrub(text, own) };
    },
  };
}

/** A redactor that knows no key: key-shaped text alone is scrubbed. */
export const patternRedactor: Redactor = { scrub: (text) => scrubWith(text, []) };

function scrubWith(text: string, forms: readonly string[]): string {
  // A mask that holds a key would put it back.
  const mask = forms.some((form) => MASK.includes(form)) ? SHORT_MASK : MASK;
  let clean = text;
  // Taking one key out can join the halves of another, hence the second look.
  for (let round = 0; round < 3; round++) {
    const before = clean;
    for (const form of forms) if (clean.includes(form)) clean = clean.split(form).join(mask);
    if (round === 0) for (const [pattern, kept] of PATTERNS) clean = clean.replace(pattern, `${kept}${mask}`);
    if (clean === before && round > 0) return clean;
  }
  return forms.some((form) => clean.includes(form)) ? SHORT_MASK : clean;
}

function travellingForms(secret: string): readonly string[] {
  const forms = new Set([secret]);
  try {
    const encoded = encodeURIComponent(secret);
    forms.add(encoded).add(encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  } catch {
    // A lone surrogate cannot be URL-encoded, so it never travels in that form.
  }
  forms.add(JSON.stringify(secret).slice(1, -1));
  for (const form of base64Forms(secret)) {
    forms.add(form).add(form.replaceAll("+", "-").replaceAll("/", "_"));
  }
  const hex = toHex(new TextEncoder().encode(secret));
  forms.add(hex).add(hex.toUpperCase());
  forms.add([...secret].reverse().join(""));
  // Longest first, so that a part of a form never breaks the whole.
  return [...forms].filter((form) => form.length >= MIN_SECRET_CHARS).sort((a, b) => b.length - a.length);
}

/** The base64 characters that a key always gives, for each of the three places it can have in a longer text. */
function base64Forms(secret: string): string[] {
  const forms: string[] = [];
  const bytes = new TextEncoder().encode(secret);
  for (let offset = 0; offset < 3; offset++) {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const text = toBase64(shifted);
    const from = offset === 0 ? 0 : offset + 1;
    const to = Math.floor(((offset + bytes.length) * 8) / 6);
    if (to - from >= 8) forms.push(text.slice(from, to));
  }
  return forms;
}
