/**
 * Mends JSON text that is nearly right: trailing commas, single quotes, names without quotes. `jsonrepair` of the package
 * of that name is one.
 */
export type RepairJson = (text: string) => string;

/** Longer text is not handed to a repair, whose running time nobody here knows. Characters. */
const MAX_LENGTH = 262_144;

/**
 * The value of nearly right JSON, and the text it was mended to; `null` if the repair fails or changes more than
 * punctuation. Every string, number and name of the result must stand in `text` as a whole: text that was cut off inside
 * one, or after a comma or colon, is refused. Linear, apart from the repair itself.
 */
export function repairedJson(
  text: string,
  repair: RepairJson,
): { readonly value: unknown; readonly text: string } | null {
  if (text.length > MAX_LENGTH) return null;
  try {
    const mended: unknown = repair(text);
    if (typeof mended !== "string") return null;
    const value: unknown = JSON.parse(mended);
    return new Comparison(text).saysTheSame(mended) ? { value, text: mended } : null;
  } catch {
    return null;
  }
}

const QUOTES = ['"“”„', "'‘’´", "`"];
const ESCAPES: { readonly [letter: string]: string } = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
const STRUCTURE = "{}[],:";
const WORD = /[\w+.-]/;
const SPACE = /\s/;
const HEX = /^[\da-f]{4}$/i;

/** Words that other languages use for JSON's. */
const SYNONYMS: { readonly [word: string]: string } = { none: "null", undefined: "null" };

/** Walks the given text and the mended one side by side. */
class Comparison {
  readonly #given: string;
  /** Where in the given text. */
  #at = 0;
  /** The last punctuation that was passed since the last word. */
  #passed = "";

  constructor(given: string) {
    this.#given = given;
  }

  /** @param mended JSON that parses */
  saysTheSame(mended: string): boolean {
    let at = 0;
    while (at < mended.length) {
      const char = mended.charAt(at);
      if (char === '"') {
        at = this.#string(mended, at + 1);
        if (at === -1) return false;
      } else if (WORD.test(char)) {
        const end = endOfWord(mended, at);
        if (!this.#word(mended.slice(at, end))) return false;
        at = end;
      } else at++;
    }
    this.#skip();
    return this.#at === this.#given.length && this.#passed !== "," && this.#passed !== ":";
  }

  /** Compares a string of the mended text from behind its opening quote. Where it ends there; -1 if they differ. */
  #string(mended: string, from: number): number {
    const given = this.#given;
    this.#skip();
    const quotes = this.#quote();
    let at = from;
    while (mended.charAt(at) !== '"') {
      const [wanted, next] = unit(mended, at);
      const [found, then] = quotes ? unit(given, this.#at) : [given.charAt(this.#at), this.#at + 1];
      if (found !== wanted) return -1;
      at = next;
      this.#at = then;
    }
    if (quotes) return this.#quote() === quotes ? at + 1 : -1;
    // A name without quotes: it must not be empty, and something must end it.
    return at > from && this.#isDelimited() ? at + 1 : -1;
  }

  /** Compares a number or a literal. */
  #word(wanted: string): boolean {
    this.#skip();
    const end = endOfWord(this.#given, this.#at);
    const found = this.#given.slice(this.#at, end);
    this.#at = end;
    if (wanted !== "true" && wanted !== "false" && wanted !== "null") return found === wanted && this.#isDelimited();
    const word = found.toLowerCase();
    return (SYNONYMS[word] ?? word) === wanted;
  }

  /** Passes a quotation mark, perhaps an escaped one; which marks would close it, `undefined` if there is none. */
  #quote(): string | undefined {
    const at = this.#given.charAt(this.#at) === "\\" ? this.#at + 1 : this.#at;
    const mark = this.#given.charAt(at);
    const quotes = mark === "" ? undefined : QUOTES.find((marks) => marks.includes(mark));
    if (quotes) this.#at = at + 1;
    return quotes;
  }

  #isDelimited(): boolean {
    const next = this.#given.charAt(this.#at);
    return next !== "" && (SPACE.test(next) || STRUCTURE.includes(next) || next === "/");
  }

  /** Passes white space, punctuation and comments. */
  #skip(): void {
    const given = this.#given;
    this.#passed = "";
    for (; this.#at < given.length; this.#at++) {
      const char = given.charAt(this.#at);
      if (STRUCTURE.includes(char)) this.#passed = char;
      else if (char === "/") {
        const block = given.charAt(this.#at + 1) === "*";
        if (!block && given.charAt(this.#at + 1) !== "/") return;
        const end = given.indexOf(block ? "*/" : "\n", this.#at + 2);
        this.#at = end === -1 ? given.length : end + (block ? 1 : 0);
      } else if (!SPACE.test(char)) return;
    }
  }
}

/** A character of a string, escapes read, and where the next one begins. */
function unit(text: string, at: number): readonly [string, number] {
  const char = text.charAt(at);
  if (char !== "\\") return [char, at + 1];
  const letter = text.charAt(at + 1);
  const hex = letter === "u" ? text.slice(at + 2, at + 6) : "";
  if (HEX.test(hex)) return [String.fromCharCode(Number.parseInt(hex, 16)), at + 6];
  return [ESCAPES[letter] ?? letter, at + 2];
}

function endOfWord(text: string, from: number): number {
  let end = from;
  while (end < text.length && WORD.test(text.charAt(end))) end++;
  return end;
}
