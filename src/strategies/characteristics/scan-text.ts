import {
  type Entry,
  HASH_START,
  hanTable,
  hashStep,
  lookUp,
  pairHash,
  SENTENCE_START,
  SIGNAL,
  SIGNALS,
  wordTable,
} from "./word-table.js";

/** What one pass over a text counts, beside the sums of its words' signals. */
export interface TextFacts {
  /** By `SIGNAL`. */
  readonly sums: number[];
  questions: number;
  numbers: number;
  /** Signs of formulas: + = ^ \ and the like. */
  mathSigns: number;
  /** Fences and brackets of code. */
  codeSigns: number;
  fences: number;
  /** Characters read, Chinese ones twice: they say twice as much. */
  length: number;
  /** Signs of "A. ... B. ...": answers to choose from. */
  choices: number;
  /** The largest "500 words" or "800字" asked for, in tokens. */
  askedTokens: number;
}

export function emptyFacts(): TextFacts {
  return {
    sums: NO_SIGNALS.slice(),
    questions: 0,
    numbers: 0,
    mathSigns: 0,
    codeSigns: 0,
    fences: 0,
    length: 0,
    choices: 0,
    askedTokens: 0,
  };
}

/** Minus zeros: an array of doubles from the start. A typed array this small costs more to make than to use. */
const NO_SIGNALS: readonly number[] = new Array<number>(SIGNALS).fill(-0);

/** Adds what `more` counted. */
export function addFacts(facts: TextFacts, more: TextFacts): void {
  for (let i = 0; i < SIGNALS; i++) facts.sums[i] = (facts.sums[i] as number) + (more.sums[i] as number);
  facts.questions += more.questions;
  facts.numbers += more.numbers;
  facts.mathSigns += more.mathSigns;
  facts.codeSigns += more.codeSigns;
  facts.fences += more.fences;
  facts.length += more.length;
  facts.choices += more.choices;
  facts.askedTokens = Math.max(facts.askedTokens, more.askedTokens);
}

// What people want stands where they begin or where they end; pasted material lies between.
const EDGE_CHARS = 400;
const MIDDLE_WEIGHT = 0.2;

const OTHER = 0;
const LETTER = 1;
const UPPER = 2;
const DIGIT = 3;
const STOP = 4;
const MATH = 5;
const CODE = 6;
const TICK = 7;
const APOSTROPHE = 8;
const HYPHEN = 9;
const QUESTION = 10;

const CLASS = classes();
const FIRST_WIDE = 0x2e80;
const NUMBER_WORD = 0x51ed270b;
const WORD = hashOf("word");
const WORDS = hashOf("words");

/** Reads `text` from `from` to `to` once and adds what it finds to `facts`. Words end at word boundaries. */
export function scanText(text: string, from: number, to: number, facts: TextFacts): void {
  const { sums } = facts;
  const words = wordTable();
  const headEnd = EDGE_CHARS;
  const tailStart = text.length - EDGE_CHARS;
  let before = SENTENCE_START;
  let start = true;
  let number = 0;
  let hanSinceStart = 0;
  let han = 0;
  let i = from;
  while (i < to) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? (CLASS[code] as number) : code >= FIRST_WIDE ? OTHER : LETTER;
    if (kind === LETTER || kind === UPPER) {
      const wordStart = i;
      let hash = hashStep(HASH_START, kind === UPPER ? code | 32 : code);
      for (i++; i < to; i++) {
        const next = text.charCodeAt(i);
        if (next >= FIRST_WIDE) break;
        const nextKind = next < 128 ? (CLASS[next] as number) : next === 0x2019 ? APOSTROPHE : LETTER;
        if (nextKind === UPPER) hash = hashStep(hash, next | 32);
        else if (nextKind === LETTER || nextKind === DIGIT) hash = hashStep(hash, next);
        else if ((nextKind === APOSTROPHE || nextKind === HYPHEN) && isLetterAt(text, i + 1, to)) {
          hash = hashStep(hash, nextKind === APOSTROPHE ? 39 : next);
        } else break;
      }
      const weight = wordStart < headEnd || wordStart >= tailStart ? 1 : MIDDLE_WEIGHT;
      let leads = addEntry(sums, lookUp(words, hash), weight);
      if (addEntry(sums, lookUp(words, pairHash(before, hash)), weight)) leads = true;
      if (start && before !== SENTENCE_START) addEntry(sums, lookUp(words, pairHash(SENTENCE_START, hash)), weight);
      if (before === NUMBER_WORD && (hash === WORDS || hash === WORD))
        facts.askedTokens = Math.max(facts.askedTokens, number * 1.4);
      if (isErrorName(text, wordStart, i)) sums[SIGNAL.debug] = (sums[SIGNAL.debug] as number) + 2.5 * weight;
      if (i - wordStart === 1 && code >= 65 && code <= 69 && isChoiceMark(text.charCodeAt(i))) facts.choices++;
      before = hash;
      start = leads;
      hanSinceStart = 9;
      continue;
    }
    if (kind === DIGIT) {
      number = 0;
      for (; i < to; i++) {
        const digit = text.charCodeAt(i) - 48;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      facts.numbers++;
      if (isHttpError(number)) sums[SIGNAL.symptom] = (sums[SIGNAL.symptom] as number) + 1;
      before = NUMBER_WORD;
      start = false;
      if (text.charCodeAt(i) === 0x5b57) facts.askedTokens = Math.max(facts.askedTokens, number / 1.5);
      continue;
    }
    if (code >= FIRST_WIDE) {
      if (code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff1b) {
        if (code === 0xff1f) facts.questions++;
        hanSinceStart = 0;
        start = true;
        before = SENTENCE_START;
        i++;
        continue;
      }
      if (code === 0xff0c || code === 0x3001) {
        hanSinceStart = 0;
        i++;
        continue;
      }
      const list = hanTable().get(code);
      han++;
      let step = 1;
      if (list !== undefined) {
        const weight = i < headEnd || i >= tailStart ? 1 : MIDDLE_WEIGHT;
        const second = text.charCodeAt(i + 1);
        for (let e = 0; e < list.length; e++) {
          const entry = list[e] as (typeof list)[number];
          if (entry.second !== 0 && entry.second !== second) continue;
          if ((entry.atStart && hanSinceStart > 0) || !text.startsWith(entry.text, i)) continue;
          step = entry.text.length;
          if (addEntry(sums, entry.signals, weight)) hanSinceStart = -step;
          break;
        }
      }
      hanSinceStart += step;
      i += step;
      before = OTHER;
      start = false;
      continue;
    }
    switch (kind) {
      case QUESTION:
        facts.questions++;
        before = SENTENCE_START;
        start = true;
        hanSinceStart = 0;
        break;
      case STOP:
        before = SENTENCE_START;
        start = true;
        hanSinceStart = 0;
        break;
      case MATH:
        facts.mathSigns++;
        break;
      case CODE:
        facts.codeSigns++;
        break;
      case TICK:
        if (text.startsWith("```", i)) {
          facts.fences++;
          i += 2;
        }
        break;
      default:
    }
    i++;
  }
  facts.length += to - from + han;
}

/** Adds an entry's weights; whether it is a lead-in. Counts that measure difficulty are not weighed by place. */
function addEntry(sums: number[], entry: Entry | undefined, weight: number): boolean {
  if (entry === undefined) return false;
  let leads = false;
  for (let s = 0; s < entry.length; s += 2) {
    const signal = entry[s] as number;
    const value = entry[s + 1] as number;
    if (signal === SIGNAL.leadIn) leads = true;
    sums[signal] = (sums[signal] as number) + (signal < SIGNAL.hard ? value * weight : value);
  }
  return leads;
}

/** `FooError`, `BarException`: names that only errors have. */
function isErrorName(text: string, from: number, to: number): boolean {
  const last = text.charCodeAt(to - 1);
  if (last === 114) return to - from > 5 && text.startsWith("Error", to - 5);
  return last === 110 && to - from > 9 && text.startsWith("Exception", to - 9);
}

function hashOf(word: string): number {
  let hash = HASH_START;
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i));
  return hash;
}

function isChoiceMark(code: number): boolean {
  return code === 46 || code === 41 || code === 58 || code === 0x3001 || code === 0xff0e || code === 0xff09;
}

function isHttpError(number: number): boolean {
  return (number >= 400 && number <= 429 && number !== 420) || (number >= 500 && number <= 504);
}

function isLetterAt(text: string, i: number, to: number): boolean {
  if (i >= to) return false;
  const code = text.charCodeAt(i);
  if (code >= 128) return code < FIRST_WIDE;
  const kind = CLASS[code];
  return kind === LETTER || kind === UPPER || kind === DIGIT;
}

function classes(): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 97; code <= 122; code++) table[code] = LETTER;
  for (let code = 65; code <= 90; code++) table[code] = UPPER;
  for (let code = 48; code <= 57; code++) table[code] = DIGIT;
  const set = (signs: string, kind: number) => {
    for (const sign of signs) table[sign.charCodeAt(0)] = kind;
  };
  set(".!:;\n", STOP);
  set("?", QUESTION);
  set("+=^\\*/<>%$|~", MATH);
  set("{}()[]_@#&", CODE);
  set("`", TICK);
  set("'", APOSTROPHE);
  set("-", HYPHEN);
  return table;
}
