import type { TokenCounts } from "../chat/usage.js";
import type { Price, PriceTier } from "../contract/provider.js";

const PER_TOKEN = 1 / 1_000_000;

/** The prices that hold for a request that reads `inputTokens` in all, cached ones included: one tier for the whole request. */
export function priceAt(price: Price, inputTokens: number): Omit<Price, "tiers"> {
  if (price.tiers === undefined || price.tiers === null) return price;
  let best: PriceTier | null = null;
  for (const tier of price.tiers) {
    if (inputTokens > tier.aboveInputTokens && (best === null || tier.aboveInputTokens > best.aboveInputTokens))
      best = tier;
  }
  return best ?? price;
}

/** Dollars for what was read and written, or `null` where the price is unknown. Each token is billed once, at one rate. */
export function costOf(counts: TokenCounts, price: Price | null): number | null {
  if (price === null) return null;
  const rates = priceAt(price, counts.input + counts.cacheRead + counts.cacheWrite);
  return (
    (counts.input * rates.input +
      counts.cacheRead * (rates.cacheRead ?? rates.input) +
      counts.cacheWrite * (rates.cacheWrite ?? rates.input) +
      counts.output * rates.output) *
    PER_TOKEN
  );
}

/**
 * Dollars to expect. `inputTokens` is the whole prompt; `cachedTokens` of it likely come from the vendor's prefix cache.
 * `Infinity` where the price is unknown.
 */
export function expectedCostUsd(
  price: Price | null,
  inputTokens: number,
  cachedTokens: number,
  outputTokens: number,
): number {
  if (price === null) return Number.POSITIVE_INFINITY;
  const rates = priceAt(price, inputTokens);
  const cached = Math.min(Math.max(cachedTokens, 0), inputTokens);
  const read = (inputTokens - cached) * rates.input + cached * (rates.cacheRead ?? rates.input);
  return (read + outputTokens * rates.output) * PER_TOKEN;
}

/**
 * The most dollars that a request can cost: every token read at the dearest rate of the price list, a cache's write rate
 * included. `Infinity` where the price is unknown.
 */
export function worstCostUsd(price: Price | null, inputTokens: number, outputTokens: number): number {
  if (price === null) return Number.POSITIVE_INFINITY;
  const rates = priceAt(price, inputTokens);
  const read = Math.max(rates.input, rates.cacheRead ?? 0, rates.cacheWrite ?? 0);
  return (inputTokens * read + outputTokens * rates.output) * PER_TOKEN;
}

/**
 * How many tokens may be written so that the whole request costs at most `maxUsd`; 0 where reading alone costs more or the
 * price is unknown, `Infinity` where writing is free.
 */
export function affordableOutput(price: Price | null, inputTokens: number, maxUsd: number): number {
  const left = maxUsd - expectedCostUsd(price, inputTokens, 0, 0);
  if (price === null || !(left >= 0)) return 0;
  const perToken = priceAt(price, inputTokens).output * PER_TOKEN;
  // The tolerance keeps a sum that fits exactly from losing a token to rounding.
  return perToken > 0 ? Math.floor(left / perToken + 1e-9) : Number.POSITIVE_INFINITY;
}
