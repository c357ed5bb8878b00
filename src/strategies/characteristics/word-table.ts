import { lazily } from "../../core/lazily.js";
import * as en from "./words-en.js";
import * as zh from "./words-zh.js";

/** What a word can speak for. The first six are kinds, in the order of `KIND_NAMES`. */
export const SIGNAL = {
  debug: 0,
  analyze: 1,
  generate: 2,
  plan: 3,
  search: 4,
  chat: 5,
  hard: 6,
  constraint: 7,
  step: 8,
  urgent: 9,
  patient: 10,
  leadIn: 11,
  tech: 12,
  symptom: 13,
  person: 14,
} as const;
export const SIGNALS = 15;
export const KIND_NAMES = ["debug", "analyze", "generate", "plan", "search", "chat"] as const;

/** Signals of one entry: pairs of signal and weight. */
export type Entry = number[];

/** Chinese entries that begin with the same character, longest first. */
export interface HanEntry {
  readonly text: string;
  /** The second character, read before the rest is; 0 where there is none. */
  readonly second: number;
  /** Only at the start of a sentence. */
  readonly atStart: boolean;
  readonly signals: Entry;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Stands for "a sentence begins here" in place of the word before. */
export const SENTENCE_START = 0x5f356495;

/** One step of FNV-1a over a lower-cased character. */
export function hashStep(hash: number, code: number): number {
  return Math.imul(hash ^ code, FNV_PRIME);
}
export const HASH_START = FNV_OFFSET | 0;

/** The hash of two words side by side. */
export function pairHash(before: number, word: number): number {
  return Math.imul(before ^ (word >>> 15) ^ 0x9e3779b9, 0x85ebca6b) ^ word;
}

/** Open addressing over 32-bit hashes: a look-up is one or two array reads. */
export interface WordTable {
  readonly hashes: Int32Array;
  readonly entries: (Entry | undefined)[];
}

/** Several times the number of words, and a power of two. */
const SLOTS = 8_192;
const MASK = SLOTS - 1;

/** Building a table takes milliseconds in a cold process, which an import should not cost. */
export const wordTable = lazily(buildWords);

/** Chinese entries by their first character. */
export const hanTable = lazily(buildHan);

/** The entry of a hash, or `undefined`. */
export function lookUp({ hashes, entries }: WordTable, hash: number): Entry | undefined {
  let slot = (hash ^ (hash >>> 16)) & MASK;
  for (;;) {
    const entry = entries[slot];
    if (entry === undefined) return undefined;
    if (hashes[slot] === hash) return entry;
    slot = (slot + 1) & MASK;
  }
}

function buildWords(): WordTable {
  const table: WordTable = { hashes: new Int32Array(SLOTS), entries: new Array(SLOTS).fill(undefined) };
  const kinds = [en.DEBUG_WORDS, en.ANALYZE_WORDS, en.GENERATE_WORDS, en.PLAN_WORDS, en.SEARCH_WORDS, en.CHAT_WORDS];
  kinds.forEach((list, kind) => {
    for (const [weight, words] of list) addWords(table, words, kind, weight);
  });
  addWords(table, en.HARD_WORDS, SIGNAL.hard, 1);
  addWords(table, en.CONSTRAINT_WORDS, SIGNAL.constraint, 1);
  addWords(table, en.STEP_WORDS, SIGNAL.step, 1);
  addWords(table, en.URGENT_WORDS, SIGNAL.urgent, 1);
  addWords(table, en.PATIENT_WORDS, SIGNAL.patient, 1);
  addWords(table, en.LEAD_INS, SIGNAL.leadIn, 1);
  addWords(table, en.TECH_WORDS, SIGNAL.tech, 1);
  addWords(table, en.SYMPTOM_WORDS, SIGNAL.symptom, 1);
  addWords(table, en.PERSON_WORDS, SIGNAL.person, 1);
  return table;
}

const SPACE = 32;
const CARET = 94;
const UNDERSCORE = 95;

/** Reads a list once, character by character: `^` and `_` make pairs, a blank ends an entry. */
function addWords(table: WordTable, words: string, signal: number, weight: number): void {
  let before = 0;
  let paired = false;
  let hash = HASH_START;
  for (let i = 0; i <= words.length; i++) {
    const code = i === words.length ? SPACE : words.charCodeAt(i);
    if (code === SPACE) {
      addWord(table, paired ? pairHash(before, hash) : hash, signal, weight);
      paired = false;
      hash = HASH_START;
    } else if (code === CARET || code === UNDERSCORE) {
      before = code === CARET ? SENTENCE_START : hash;
      paired = true;
      hash = HASH_START;
    } else hash = hashStep(hash, code);
  }
}

function addWord({ hashes, entries }: WordTable, hash: number, signal: number, weight: number): void {
  let slot = (hash ^ (hash >>> 16)) & MASK;
  for (;;) {
    const entry = entries[slot];
    if (entry === undefined) {
      hashes[slot] = hash;
      entries[slot] = [signal, weight];
      return;
    }
    if (hashes[slot] === hash) {
      entry.push(signal, weight);
      return;
    }
    slot = (slot + 1) & MASK;
  }
}

function buildHan(): Map<number, HanEntry[]> {
  const all = new Map<string, Entry>();
  const put = (word: string, signal: number, weight: number) => {
    const entry = all.get(word);
    if (entry === undefined) all.set(word, [signal, weight]);
    else entry.push(signal, weight);
  };
  const kinds = [zh.DEBUG_ZH, zh.ANALYZE_ZH, zh.GENERATE_ZH, zh.PLAN_ZH, zh.SEARCH_ZH, zh.CHAT_ZH];
  kinds.forEach((list, kind) => {
    for (const [weight, words] of list) for (const word of words.split(" ")) put(word, kind, weight);
  });
  const flat = [
    [SIGNAL.hard, zh.HARD_ZH],
    [SIGNAL.constraint, zh.CONSTRAINT_ZH],
    [SIGNAL.step, zh.STEP_ZH],
    [SIGNAL.urgent, zh.URGENT_ZH],
    [SIGNAL.patient, zh.PATIENT_ZH],
    [SIGNAL.leadIn, zh.LEAD_INS_ZH],
    [SIGNAL.tech, zh.TECH_ZH],
    [SIGNAL.symptom, zh.SYMPTOM_ZH],
    [SIGNAL.person, zh.PERSON_ZH],
  ] as const;
  for (const [signal, words] of flat) for (const word of words.split(" ")) put(word, signal, 1);
  const byFirst = new Map<number, HanEntry[]>();
  for (const [word, signals] of all) {
    const atStart = word.startsWith("^");
    const text = atStart ? word.slice(1) : word;
    const first = text.charCodeAt(0);
    const list = byFirst.get(first) ?? [];
    byFirst.set(first, list);
    list.push({ text, second: text.length > 1 ? text.charCodeAt(1) : 0, atStart, signals });
  }
  for (const list of byFirst.values()) list.sort((a, b) => b.text.length - a.text.length);
  return byFirst;
}
