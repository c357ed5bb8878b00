import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countsOf, type Usage, usageOf } from "../../../src/chat/usage.js";

describe("usage", () => {
  it("takes cached tokens out of the prompt, and never more than there are", () => {
    const usage: Usage = {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    expect(countsOf(usage)).toEqual({
      input: 0,
      cacheRead: 80,
      cacheWrite: 20,
      output: 20,
      reasoning: 20,
      estimated: false,
    });
  });

  it("always adds up, whatever a vendor reports, and survives the way back (property)", () => {
    const count = fc.oneof(fc.integer({ min: -5, max: 1_000 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
    const details = fc.record({ cached_tokens: count, cache_write_tokens: count }, { requiredKeys: [] });
    const usage = fc.record(
      {
        prompt_tokens: count,
        completion_tokens: count,
        total_tokens: count,
        prompt_tokens_details: details,
        completion_tokens_details: fc.record({ reasoning_tokens: count }),
        estimated: fc.boolean(),
      },
      { requiredKeys: ["prompt_tokens", "completion_tokens", "total_tokens"] },
    );
    fc.assert(
      fc.property(usage, (given) => {
        const counts = countsOf(given);
        for (const value of [counts.input, counts.cacheRead, counts.cacheWrite, counts.output, counts.reasoning]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(value)).toBe(true);
        }
        expect(counts.reasoning).toBeLessThanOrEqual(counts.output);
        const back = usageOf(counts);
        expect(back.total_tokens).toBe(back.prompt_tokens + back.completion_tokens);
        expect(countsOf(back)).toEqual(counts);
      }),
    );
  });
});
