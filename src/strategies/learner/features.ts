import { fromBase64, toBase64Url } from "../../core/bytes.js";

/** Hashed features live in 2^14 slots: more gain nothing on the public routing data, fewer lose little. */
export const FEATURE_SLOTS = 1 << 14;

/** Numbers beside the words: one constant, then length and character shares. */
export const DENSE = 8;

/** Words beyond these are not read: what a task is shows early, and the cost stays bounded. */
const MAX_WORDS = 400;
const MAX_CHARS = 8_000;

/** What a slot is worth when its word came 1, 2, 3-4, 5 or more times (1 + ln of the count). */
const LEVELS = [1, 1.7, 2.2, 2.8] as const;

/** A text as numbers: small, fixed in meaning, and without a word of the text in it. */
export interface Features {
  /** Slot times four plus level, each slot once. */
  readonly packed: Uint16Array;
  /** One byte per dense number, -2..2 in steps of 1/64. */
  readonly dense: Int8Array;
  /** 1 over the length of the vector, so that long and short texts weigh alike. */
  readonly scale: number;
}

/** The weight of a level, before scaling. */
export function levelValue(packed: number): number {
  return LEVELS[packed & 3]!;
}

/** Turns texts into features; keeps one scratch table, so make one and use it again. */
export function createFeatureReader(): { read(text: string): Features } {
  const counts = new Uint8Array(FEATURE_SLOTS);
  const touched = new Uint16Array(2 * MAX_WORDS);

  return {
    read(text) {
      const end = Math.min(text.length, MAX_CHARS);
      let used = 0;
      let words = 0;
      let hash = FNV_START;
      let previous = 0;
      let digits = 0;
      let upper = 0;
      let lines = 0;
      let marks = 0;
      let symbols = 0;
      let wide = 0;
      for (let at = 0; at <= end; at += 1) {
        let code = at < end ? text.charCodeAt(at) : 32;
        let inWord = false;
        let wholeWord = false;
        if (code > 127) {
          wide += 1;
          inWord = true;
          // A Chinese, Japanese or Korean character is a word of its own.
          wholeWord = code >= 0x2e80 && code < 0xfb00;
        } else if (code >= 97 && code <= 122) {
          inWord = true;
        } else if (code >= 65 && code <= 90) {
          upper += 1;
          code |= 32;
          inWord = true;
        } else if (code >= 48 && code <= 57) {
          digits += 1;
          inWord = true;
        } else if (code === 10) {
          lines += 1;
        } else if (code > 32) {
          marks += 1;
          if (isSymbol(code)) symbols += 1;
        }
        if (inWord) hash = Math.imul(hash ^ code, FNV_PRIME);
        if ((inWord && !wholeWord) || hash === FNV_START) continue;
        words += 1;
        if (words <= MAX_WORDS) {
          used = count(counts, touched, used, hash);
          used = count(counts, touched, used, Math.imul(previous, 0x9e3779b1) ^ Math.imul(hash, 0x85ebca6b));
        }
        previous = hash;
        hash = FNV_START;
      }
      const packed = new Uint16Array(used);
      let squares = 0;
      for (let index = 0; index < used; index += 1) {
        const slot = touched[index]!;
        const times = counts[slot]!;
        counts[slot] = 0;
        const level = times < 3 ? times - 1 : times < 5 ? 2 : 3;
        packed[index] = (slot << 2) | level;
        squares += LEVELS[level]! * LEVELS[level]!;
      }
      const chars = Math.max(1, end);
      const dense = new Int8Array(DENSE);
      dense[0] = 64;
      dense[1] = quantise(Math.log(1 + text.length) / 8 - 0.6);
      dense[2] = quantise((digits / chars) * 5);
      dense[3] = quantise((upper / chars) * 5);
      dense[4] = quantise((lines / chars) * 20);
      dense[5] = quantise((marks / chars) * 5);
      dense[6] = quantise(wide / chars);
      dense[7] = quantise((symbols / chars) * 10);
      return { packed, dense, scale: squares > 0 ? 1 / Math.sqrt(squares) : 0 };
    },
  };
}

/** Features with more slots, each of its least level. */
export function withSlots({ packed, dense, scale }: Features, slots: Uint16Array): Features {
  const all = new Uint16Array(packed.length + slots.length);
  all.set(packed);
  all.set(slots, packed.length);
  const squares = (scale > 0 ? 1 / (scale * scale) : 0) + slots.length * levelValue(0) ** 2;
  return { packed: all, dense, scale: 1 / Math.sqrt(squares) };
}

/** Features as compact text, for a ticket that travels as JSON. */
export function packFeatures({ packed, dense }: Features): string {
  const bytes = new Uint8Array(DENSE + packed.length * 2);
  bytes.set(new Uint8Array(dense.buffer, dense.byteOffset, DENSE));
  for (let index = 0; index < packed.length; index += 1) {
    bytes[DENSE + 2 * index] = packed[index]! & 255;
    bytes[DENSE + 2 * index + 1] = packed[index]! >> 8;
  }
  return toBase64Url(bytes);
}

/** The features of a ticket; `null` where the text is not what {@link packFeatures} wrote. */
export function unpackFeatures(text: string): Features | null {
  if (text.length > 2 * (DENSE + 4 * MAX_WORDS)) return null;
  const bytes = fromBase64(text);
  const slots = (bytes.length - DENSE) / 2;
  if (slots < 0 || !Number.isInteger(slots)) return null;
  const dense = new Int8Array(DENSE);
  for (let index = 0; index < DENSE; index += 1) dense[index] = bytes[index]!;
  const packed = new Uint16Array(slots);
  let squares = 0;
  for (let index = 0; index < slots; index += 1) {
    packed[index] = bytes[DENSE + 2 * index]! | (bytes[DENSE + 2 * index + 1]! << 8);
    squares += levelValue(packed[index]!) ** 2;
  }
  return { packed, dense, scale: squares > 0 ? 1 / Math.sqrt(squares) : 0 };
}

const FNV_START = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

function count(counts: Uint8Array, touched: Uint16Array, used: number, hash: number): number {
  const slot = (hash ^ (hash >>> 15)) & (FEATURE_SLOTS - 1);
  const times = counts[slot]!;
  if (times === 0) touched[used] = slot;
  if (times < 255) counts[slot] = times + 1;
  return times === 0 ? used + 1 : used;
}

/** Marks of code and formulas: $ * + / < = > \ ^ _ { } */
function isSymbol(code: number): boolean {
  return (
    code === 36 ||
    code === 42 ||
    code === 43 ||
    code === 47 ||
    (code >= 60 && code <= 62) ||
    (code >= 92 && code <= 95 && code !== 93) ||
    code === 123 ||
    code === 125
  );
}

function quantise(value: number): number {
  return Math.max(-127, Math.min(127, Math.round(value * 64)));
}
