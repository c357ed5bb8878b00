/** Texts of every kind that the token estimate is held against two public tokenizers on: written for this, or generated. */
import { readdirSync, readFileSync } from "node:fs";
import { type Random, seededRandom } from "../../src/core/random.js";

const folder = new URL("./tokens/", import.meta.url);
const passages = (name: string): readonly string[] => readFileSync(new URL(name, folder), "utf8").split("\n---\n");

function sources(): readonly string[] {
  const chat = new URL("../../src/chat/", import.meta.url);
  const files = readdirSync(chat).filter((name) => name.endsWith(".ts"));
  return files.map((name) => readFileSync(new URL(name, chat), "utf8"));
}

const WORDS =
  "order status pending customer address street berlin amount currency eur created shipped note gift item".split(" ");
const HEX = "0123456789abcdef";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What the generated texts are made of. */
class Maker {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  word(): string {
    return WORDS[this.below(WORDS.length)] ?? "x";
  }

  from(letters: string, length: number): string {
    return Array.from({ length }, () => letters.charAt(this.below(letters.length))).join("");
  }

  uuid(): string {
    return [8, 4, 4, 4, 12].map((length) => this.from(HEX, length)).join("-");
  }

  date(): string {
    return new Date(1.7e12 + this.below(1e10)).toISOString();
  }

  record(): object {
    return {
      id: `ord_${this.below(1e9).toString(36)}`,
      [this.word()]: this.below(1_000_000) / 100,
      createdAt: this.date(),
      tags: [this.word(), this.word()],
      customer: { name: `${this.word()} ${this.word()}`, active: this.below(2) === 1, score: this.below(100) },
      note: this.below(3) === 0 ? null : `${this.word()} ${this.word()} ${this.word()} ${this.word()}`,
    };
  }
}

/** A dozen texts of at least 2,000 characters. */
function generated(line: (maker: Maker) => string, separator = "\n"): readonly string[] {
  return Array.from({ length: 12 }, (_, seed) => {
    const maker = new Maker(seed + 1);
    const lines: string[] = [];
    for (let length = 0; length < 2_000; length += (lines.at(-1) ?? "").length + separator.length)
      lines.push(line(maker));
    return lines.join(separator);
  });
}

const json = (indent: number) =>
  generated((maker) =>
    JSON.stringify(
      Array.from({ length: 5 }, () => maker.record()),
      null,
      indent,
    ),
  );

/** By kind: texts that together have at least 2 kB. */
export const SAMPLES: readonly (readonly [kind: string, texts: readonly string[]])[] = [
  ["English prose", passages("english.txt")],
  ["German prose", passages("german.txt")],
  ["Russian prose", passages("russian.txt")],
  ["Arabic prose", passages("arabic.txt")],
  ["Hindi prose", passages("hindi.txt")],
  ["Chinese prose", passages("chinese.txt")],
  ["Japanese prose", passages("japanese.txt")],
  ["Korean prose", passages("korean.txt")],
  ["TypeScript", sources()],
  ["JSON, compact", json(0)],
  ["JSON, indented", json(2)],
  [
    "CSV",
    generated(
      (maker) => `${maker.below(9_999)},${maker.date().slice(0, 10)},${maker.word()},${maker.below(99_999) / 100}`,
    ),
  ],
  ["numbers", generated((maker) => (maker.below(1e6) / 1_000).toFixed(3), ", ")],
  ["digits", generated((maker) => maker.from("0123456789", 500), "")],
  ["hex", generated((maker) => maker.from(HEX, 64))],
  ["base64", generated((maker) => maker.from(BASE64, 76))],
  ["UUIDs", generated((maker) => maker.uuid())],
  [
    "log lines",
    generated((maker) => {
      const where = `/api/v1/${maker.word()}/${maker.below(9_999)}`;
      return `${maker.date()} INFO [worker-${maker.below(9)}] GET ${where} 200 ${maker.below(900)}ms id=${maker.from(HEX, 8)}`;
    }),
  ],
  [
    "Markdown",
    generated(
      (maker) =>
        `- **${maker.word()}**: the ${maker.word()} of \`${maker.word()}_${maker.word()}\` (see [${maker.word()}](#${maker.word()}))`,
    ),
  ],
  [
    "emoji in text",
    generated((maker) => `${maker.word()} ${maker.word()} ${String.fromCodePoint(0x1f600 + maker.below(60))}!`, " "),
  ],
];
