import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countsOf, type TokenCounts } from "../../../src/chat/usage.js";
import type { Price } from "../../../src/contract/provider.js";
import { affordableOutput, costOf, expectedCostUsd, priceAt } from "../../../src/pricing/cost.js";

const price: Price = { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 4 };
const tiered: Price = {
  ...price,
  tiers: [
    { aboveInputTokens: 200_000, input: 3, output: 12 },
    { aboveInputTokens: 32_000, input: 2, cacheRead: 0.2, output: 8 },
  ],
};

const counts = (input: number, cacheRead: number, cacheWrite: number, output: number): TokenCounts => ({
  input,
  cacheRead,
  cacheWrite,
  output,
  reasoning: 0,
  estimated: false,
});

describe("what a call cost", () => {
  it("is each token once, at its own rate", () => {
    expect(costOf(counts(1_000, 4_000, 2_000, 500), price)).toBeCloseTo(
      (1_000 * 1 + 4_000 * 0.1 + 2_000 * 1.25 + 500 * 4) / 1e6,
      12,
    );
  });

  it("never bills cached tokens twice, though OpenAI's prompt count includes them", () => {
    const usage = {
      prompt_tokens: 10_000,
      completion_tokens: 100,
      total_tokens: 10_100,
      prompt_tokens_details: { cached_tokens: 9_000 },
    };
    expect(costOf(countsOf(usage), price)).toBeCloseTo((1_000 * 1 + 9_000 * 0.1 + 100 * 4) / 1e6, 12);
    const lying = { ...usage, prompt_tokens_details: { cached_tokens: 50_000 } };
    expect(costOf(countsOf(lying), price)).toBeCloseTo((10_000 * 0.1 + 100 * 4) / 1e6, 12);
  });

  it("takes the input price where no cache price is named", () => {
    const plain: Price = { input: 1, cacheRead: null, output: 4 };
    expect(costOf(counts(0, 1_000, 1_000, 0), plain)).toBeCloseTo(0.002, 12);
  });

  it("is unknown where the price is", () => {
    expect(costOf(counts(1, 1, 1, 1), null)).toBe(null);
    expect(expectedCostUsd(null, 1, 1, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is by one tier for the whole request: the highest that applies, cached tokens counted", () => {
    expect(priceAt(tiered, 32_000).input).toBe(1);
    expect(priceAt(tiered, 32_001).input).toBe(2);
    expect(priceAt(tiered, 200_001).input).toBe(3);
    expect(costOf(counts(1_000, 40_000, 0, 100), tiered)).toBeCloseTo((1_000 * 2 + 40_000 * 0.2 + 100 * 8) / 1e6, 12);
    // The dearest tier names no cache price of its own: its input price holds.
    expect(costOf(counts(1_000, 240_000, 0, 100), tiered)).toBeCloseTo((241_000 * 3 + 100 * 12) / 1e6, 12);
    expect(priceAt({ ...price, tiers: null }, 1e9).input).toBe(1);
  });
});

describe("what a call will likely cost", () => {
  it("equals what it does cost when the guess was right", () => {
    const tokens = fc.nat(300_000);
    fc.assert(
      fc.property(tokens, tokens, tokens, (input, cached, output) => {
        const read = Math.min(cached, input);
        expect(expectedCostUsd(tiered, input, cached, output)).toBeCloseTo(
          costOf(counts(input - read, read, 0, output), tiered) ?? Number.NaN,
          9,
        );
      }),
    );
  });

  it("never falls with more tokens, nor rises with more of them cached", () => {
    const tokens = fc.nat(300_000);
    fc.assert(
      fc.property(tokens, tokens, tokens, fc.nat(1_000), (input, cached, output, more) => {
        expect(expectedCostUsd(price, input + more, cached, output)).toBeGreaterThanOrEqual(
          expectedCostUsd(price, input, Math.min(cached, input), output) - 1e-12,
        );
        expect(expectedCostUsd(price, input, cached + more, output)).toBeLessThanOrEqual(
          expectedCostUsd(price, input, cached, output) + 1e-12,
        );
      }),
    );
  });
});

describe("what may be written for so much", () => {
  it("costs at most that, and one token more would not", () => {
    fc.assert(
      fc.property(fc.nat(300_000), fc.double({ min: 0, max: 5, noNaN: true }), (input, maxUsd) => {
        const output = affordableOutput(tiered, input, maxUsd);
        const reading = expectedCostUsd(tiered, input, 0, 0);
        if (reading > maxUsd) {
          expect(output).toBe(0);
          return;
        }
        expect(expectedCostUsd(tiered, input, 0, output)).toBeLessThanOrEqual(maxUsd + 1e-9);
        expect(expectedCostUsd(tiered, input, 0, output + 1)).toBeGreaterThan(maxUsd - 1e-9);
      }),
    );
  });

  it("is nothing where the price is unknown, and anything where writing is free", () => {
    expect(affordableOutput(null, 1, 1)).toBe(0);
    expect(affordableOutput({ input: 1, output: 0 }, 1, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(affordableOutput({ input: 1, output: 4 }, 0, 0.004)).toBe(1_000);
  });
});
