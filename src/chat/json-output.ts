/** How many openings are tried before giving up: it bounds the work on hostile text. */
const MAX_TRIES = 24;

/** Characters that all tries together may look through: few enough not to hold the event loop for long. */
const MAX_SCANNED = 4_000_000;

/**
 * The JSON in a model's answer: the whole text, a fenced block, or the first object (or array of objects) inside prose.
 * `null` when there is none. Linear in the text's length.
 */
export function extractJson(text: string): { value: unknown } | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  return parse(trimmed) ?? fromFence(trimmed) ?? fromProse(trimmed);
}

/**
 * What looks like JSON in an answer and is not: from the first bracket to where it closes, or to the end if it never
 * does, and the same from the first brace. Empty if the first of them is JSON.
 */
export function brokenJson(text: string): readonly string[] {
  const trimmed = text.trim();
  if (trimmed === "" || parse(trimmed) || fromFence(trimmed)) return [];
  const bracket = nextOpening(trimmed, 0);
  if (bracket === -1) return [];
  const first = regionFrom(trimmed, bracket);
  if (parse(first)) return [];
  const brace = trimmed.indexOf("{", bracket);
  return brace === bracket || brace === -1 ? [first] : [first, regionFrom(trimmed, brace)];
}

function regionFrom(text: string, start: number): string {
  const end = closingOf(text, start);
  if (end !== -1) return text.slice(start, end + 1);
  const fence = text.lastIndexOf("```");
  return text.slice(start, fence > start ? fence : undefined);
}

function parse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function fromFence(text: string): { value: unknown } | null {
  let from = text.indexOf("```");
  for (let tries = 0; from !== -1 && tries < MAX_TRIES; tries++) {
    const lineEnd = text.indexOf("\n", from);
    const opensAt = lineEnd === -1 ? from + 3 : lineEnd + 1;
    const end = text.indexOf("```", opensAt);
    if (end === -1) return null;
    const found = parse(text.slice(opensAt, end).trim());
    if (found !== null) return found;
    from = end;
  }
  return null;
}

function fromProse(text: string): { value: unknown } | null {
  let scalars: { value: unknown } | null = null;
  let from = 0;
  let scanned = 0;
  for (let tries = 0; tries < MAX_TRIES && scanned <= MAX_SCANNED; tries++) {
    const start = nextOpening(text, from);
    if (start === -1) break;
    const end = closingOf(text, start);
    scanned += (end === -1 ? text.length : end) - start;
    if (end === -1) {
      from = start + 1;
      continue;
    }
    const found = parse(text.slice(start, end + 1));
    if (found !== null) {
      // "see [1]" is a list too, but hardly the answer: an object further on goes first.
      if (holdsObject(found.value)) return found;
      scalars ??= found;
      from = end + 1;
    } else from = start + 1;
  }
  return scalars;
}

function nextOpening(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) return i;
  }
  return -1;
}

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const QUOTE = 34;
const BACKSLASH = 92;

/** Where the bracket opened at `start` closes, strings skipped; -1 when it never does. */
function closingOf(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === 125 || code === 93) && --depth === 0) return i;
  }
  return -1;
}

function holdsObject(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && typeof value[0] === "object" && value[0] !== null;
  return typeof value === "object" && value !== null;
}
