/**
 * `npm run tokens`: how far the token estimate is from two public tokenizers (GPT-4o's o200k, GPT-4's cl100k), on texts
 * written for this, on this project's own code, and on generated data. Fails if a kind of text is estimated at less than
 * 0.75 of the lower count or more than 1.25 of the higher. The vendors' tokenizers are not published for JavaScript: take
 * this for the size and the direction of the error, not for their exact counts.
 * A second table says the same in dollars, for one model of each vendor. Above 0: the estimate is too high, which is the
 * safe side for a context window; below 0: too low.
 */
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
import * as o200k from "gpt-tokenizer/encoding/o200k_base";
import { estimateTextTokens } from "../../src/chat/text-tokens.js";
import type { ModelInfo } from "../../src/contract/provider.js";
import { costOf, expectedCostUsd } from "../../src/pricing/cost.js";
import { catalogue } from "../../src/vendors/catalogue/index.js";
import { SAMPLES } from "./token-samples.js";

const TOKENIZERS = [
  ["o200k", o200k.countTokens],
  ["cl100k", cl100k.countTokens],
] as const;

const percent = (value: number) => `${value > 0 ? "+" : ""}${(value * 100).toFixed(0)} %`.padStart(7);
const print = (line: string) => process.stdout.write(`${line}\n`);

const total = (texts: readonly string[], measure: (text: string) => number) =>
  texts.reduce((sum, text) => sum + measure(text), 0);

print("Estimate against the tokenizers: error of all texts of a kind, and of the single texts from lowest to highest");
print("kind             texts  characters   tokenizer  characters/token   error   from      to");
let out = 0;
for (const [kind, texts] of SAMPLES) {
  const characters = total(texts, (text) => text.length);
  const estimate = total(texts, estimateTextTokens);
  const counts = TOKENIZERS.map(([, count]) => total(texts, count));
  for (const [index, [tokenizer, count]] of TOKENIZERS.entries()) {
    const real = counts[index] ?? Number.NaN;
    const errors = texts.map((text) => estimateTextTokens(text) / count(text) - 1);
    const range = `${percent(Math.min(...errors))} ${percent(Math.max(...errors))}`;
    const sizes = `${String(texts.length).padStart(5)}  ${String(characters).padStart(10)}`;
    const perToken = (characters / real).toFixed(2).padStart(16);
    print(`${kind.padEnd(17)}${sizes}   ${tokenizer.padEnd(9)}  ${perToken} ${percent(estimate / real - 1)} ${range}`);
  }
  if (estimate >= 0.75 * Math.min(...counts) && estimate <= 1.25 * Math.max(...counts)) continue;
  out++;
  print(`${kind}: out of 0.75 of the lower to 1.25 of the higher count`);
}
print("");
print(`${SAMPLES.length - out} of ${SAMPLES.length} kinds lie between 0.75 of the lower and 1.25 of the higher count.`);
if (out > 0) process.exitCode = 1;

const mebibyte = "The quick brown fox, 中文 and 12,345. ".repeat(40_000).slice(0, 1 << 20);
estimateTextTokens(mebibyte);
const before = process.cpuUsage();
for (let time = 0; time < 10; time++) estimateTextTokens(mebibyte);
const ms = process.cpuUsage(before).user / 10_000;
print(`1,048,576 characters: ${ms.toFixed(1)} ms of processor time`);

print("");
print("Dollars for reading a kind a thousand times, no cache: estimated before sending, billed by the o200k count");
print("kind             model                          estimated      billed   error");
const [, count] = TOKENIZERS[0];
for (const [vendor, models] of Object.entries(catalogue)) {
  const { id, usdPerMTok: price } = models[0] as ModelInfo;
  for (const [name, texts] of SAMPLES) {
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
