import * as en from "./characteristics-words.js";
import * as zh from "./characteristics-words-zh.js";

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
  readonly mask: number;
  readonly hashes: Int32Array;
  readonly entries: readonly (Entry | undefined)[];
}

export const WORDS: WordTable = buildWords();
export const HAN: ReadonlyMap<number, readonly HanEntry[]> = buildHan();

/** The entry of a hash, or `undefined`. */
export function lookUp(hash: number): Entry | undefined {
  const { mask, hashes, entries } = WORDS;
  let slot = (hash ^ (hash >>> 16)) & mask;
  for (;;) {
    const entry = entries[slot];
    if (entry === undefined) return undefined;
    if (hashes[slot] === hash) return entry;
    slot = (slot + 1) & mask;
  }
}

function buildWords(): WordTable {
  const all = new Map<number, Entry>();
  const put = (word: string, signal: number, weight: number) => {
    const hash = hashOf(word);
    const entry = all.get(hash);
    if (entry === undefined) all.set(hash, [signal, weight]);
    else entry.push(signal, weight);
  };
  const kinds = [en.DEBUG_WORDS, en.ANALYZE_WORDS, en.GENERATE_WORDS, en.PLAN_WORDS, en.SEARCH_WORDS, en.CHAT_WORDS];
  kinds.forEach((list, kind) => {
    for (const [weight, words] of list) for (const word of words.split(" ")) put(word, kind, weight);
  });
  const flat = [
    [SIGNAL.hard, en.HARD_WORDS],
    [SIGNAL.constraint, en.CONSTRAINT_WORDS],
    [SIGNAL.step, en.STEP_WORDS],
    [SIGNAL.urgent, en.URGENT_WORDS],
    [SIGNAL.patient, en.PATIENT_WORDS],
    [SIGNAL.leadIn, en.LEAD_INS],
    [SIGNAL.tech, en.TECH_WORDS],
    [SIGNAL.symptom, en.SYMPTOM_WORDS],
    [SIGNAL.person, en.PERSON_WORDS],
  ] as const;
  for (const [signal, words] of flat) for (const word of words.split(" ")) put(word, signal, 1);
  const size = 1 << Math.ceil(Math.log2(all.size * 3));
  const hashes = new Int32Array(size);
  const entries: (Entry | undefined)[] = new Array(size).fill(undefined);
  for (const [hash, entry] of all) {
    let slot = (hash ^ (hash >>> 16)) & (size - 1);
    while (entries[slot] !== undefined) slot = (slot + 1) & (size - 1);
    hashes[slot] = hash;
    entries[slot] = entry;
  }
  return { mask: size - 1, hashes, entries };
}

function hashOf(entry: string): number {
  if (entry.startsWith("^")) return pairHash(SENTENCE_START, wordHash(entry.slice(1)));
  const [first = "", second] = entry.split("_");
  return second === undefined ? wordHash(first) : pairHash(wordHash(first), wordHash(second));
}

function wordHash(word: string): number {
  let hash = HASH_START;
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i));
  return hash;
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
