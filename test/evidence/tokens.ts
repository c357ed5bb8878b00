/**
 * `npm run tokens`: how far the token estimate is from two real tokenizers (GPT-4o's o200k, GPT-4's cl100k), on texts
 * written for this, on this project's own code, and on generated JSON. The vendors' tokenizers are not published for
 * JavaScript: take this for the size and the direction of the error, not for their exact counts.
 * A second table says the same in dollars, for one model of each vendor. Above 0: the estimate is too high, which is the safe side for a context window; below 0: too low.
 */
import { readdirSync, readFileSync } from "node:fs";
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
import * as o200k from "gpt-tokenizer/encoding/o200k_base";
import { estimateTextTokens } from "../../src/chat/tokens.js";
import type { ModelInfo } from "../../src/contract/provider.js";
import { seededRandom } from "../../src/core/random.js";
import { costOf, expectedCostUsd } from "../../src/pricing/cost.js";
import { catalogue } from "../../src/vendors/catalogue/index.js";

const here = new URL("./tokens/", import.meta.url);
const passages = (name: string) => readFileSync(new URL(name, here), "utf8").split("\n---\n");

function sources(): string[] {
  const folder = new URL("../../src/chat/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  return files.map((name) => readFileSync(new URL(name, folder), "utf8"));
}

const WORDS =
  "order status pending customer address street berlin amount currency eur created shipped note gift item".split(" ");

/** Records such as an API returns them: names, numbers, dates, ids. */
function records(indent: number): string[] {
  const random = seededRandom(7);
  const word = () => WORDS[Math.floor(random() * WORDS.length)] ?? "x";
  const record = () => ({
    id: `ord_${Math.floor(random() * 1e9).toString(36)}`,
    [word()]: Math.round(random() * 10_000) / 100,
    createdAt: new Date(1.7e12 + Math.floor(random() * 1e10)).toISOString(),
    tags: [word(), word()],
    customer: { name: `${word()} ${word()}`, active: random() < 0.5, score: Math.floor(random() * 100) },
    note: random() < 0.3 ? null : `${word()} ${word()} ${word()} ${word()}`,
  });
  return Array.from({ length: 12 }, () => JSON.stringify(Array.from({ length: 5 }, record), null, indent));
}

const SETS: readonly (readonly [name: string, texts: readonly string[]])[] = [
  ["English prose", passages("english.txt")],
  ["Chinese prose", passages("chinese.txt")],
  ["TypeScript", sources()],
  ["JSON, compact", records(0)],
  ["JSON, indented", records(2)],
];
const TOKENIZERS = [
  ["o200k", o200k.countTokens],
  ["cl100k", cl100k.countTokens],
] as const;

const percent = (value: number) => `${value > 0 ? "+" : ""}${(value * 100).toFixed(0)} %`.padStart(7);
const print = (line: string) => process.stdout.write(`${line}\n`);

print("Estimate against the tokenizer: error of the whole set, and of the single texts from lowest to highest");
print("set              texts  characters   tokenizer  characters/token   error   from      to");
for (const [name, texts] of SETS) {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  for (const [tokenizer, count] of TOKENIZERS) {
    const pairs = texts.map((text) => ({ estimate: estimateTextTokens(text), real: count(text) }));
    const real = pairs.reduce((sum, pair) => sum + pair.real, 0);
    const estimate = pairs.reduce((sum, pair) => sum + pair.estimate, 0);
    const errors = pairs.map((pair) => pair.estimate / pair.real - 1);
    const range = `${percent(Math.min(...errors))} ${percent(Math.max(...errors))}`;
    const sizes = `${String(texts.length).padStart(5)}  ${String(characters).padStart(10)}`;
    const perToken = (characters / real).toFixed(2).padStart(16);
    print(`${name.padEnd(17)}${sizes}   ${tokenizer.padEnd(9)}  ${perToken} ${percent(estimate / real - 1)} ${range}`);
  }
}
print("");
print(
  "Directions: prose and code are counted too high (safe), JSON too low by up to a fifth, Chinese too low for these",
);
print(
  "two tokenizers; those of the Chinese vendors spend fewer tokens on it (Moonshot tells of 1.8 characters per token).",
);

print("");
print("Dollars for reading a set a thousand times, no cache: estimated before sending, billed by the o200k count");
print("set              model                          estimated      billed   error");
const [, count] = TOKENIZERS[0];
for (const [vendor, models] of Object.entries(catalogue)) {
  const { id, usdPerMTok: price } = models[0] as ModelInfo;
  for (const [name, texts] of SETS) {
    let estimatedUsd = 0;
    let billedUsd = 0;
    for (const text of texts) {
      estimatedUsd += 1_000 * expectedCostUsd(price, estimateTextTokens(text), 0, 0);
      const counts = { input: count(text), cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0, estimated: false };
      billedUsd += 1_000 * (costOf(counts, price) ?? Number.NaN);
    }
    const sums = `$${estimatedUsd.toFixed(2)}`.padStart(10) + `$${billedUsd.toFixed(2)}`.padStart(12);
    print(`${name.padEnd(17)}${`${vendor}/${id}`.padEnd(29)}${sums} ${percent(estimatedUsd / billedUsd - 1)}`);
  }
}
