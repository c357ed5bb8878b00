import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateLimitReset } from "../../../src/errors/rate-limit-reset.js";

const NOW = Date.parse("2026-05-15T14:00:00Z");
const read = (headers: { [name: string]: string }) => rateLimitReset({ get: (name) => headers[name] ?? null }, NOW);
const reset = (value: string) => read({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": value });

describe("reset of a used-up limit", () => {
  it.each([
    ["1s", 1_000],
    ["1.5s", 1_500],
    ["20ms", 20],
    ["0m30s", 30_000],
    ["6m0s", 60_000],
    ["1h", 60_000],
    ["7", 7_000],
    ["0.25", 250],
    [String(NOW / 1_000 + 9), 9_000],
    [String(NOW + 9_500), 9_500],
    ["2026-05-15T14:00:10Z", 10_000],
    ["12.25ms", 12.25],
    ["100ms", 100],
    ["12345.25s", 60_000],
    ["0.125s", 125],
    ["0h0m2s", 2_000],
    ["0h0m1s500ms", 1_500],
    ["10m", 60_000],
    ["10h", 60_000],
    [" 7 ", 7_000],
    ["10", 10_000],
    ["999999999", 60_000],
    ["999999999999", 60_000],
    ["0.125", 125],
  ])("%s is %i ms", (value, expected) => expect(reset(value)).toBe(expected));

  it.each([
    "",
    "soon",
    "-5",
    "0",
    "0s",
    "1e3",
    "NaN",
    "1s2s",
    "2026-05-15T13:59:00Z",
    "2026-99-99T00:00:00Z",
    "1747317600",
    "1000000000",
    "1000000000000",
    "x7",
    "7x",
    "x1s",
    "1sx",
    "on 2026-05-15T14:00:10Z",
    "2026-05-15",
    "tomorrow 2099",
    "26-05-15T14:00:10Z",
  ])("%j is none", (value) => expect(reset(value)).toBeUndefined());

  it("counts only where nothing is left, and takes the longest", () => {
    expect(read({ "x-ratelimit-remaining": "5", "x-ratelimit-reset": "7" })).toBeUndefined();
    expect(read({ "x-ratelimit-reset": "7" })).toBeUndefined();
    expect(read({ "x-ratelimit-remaining": "0" })).toBeUndefined();
    expect(read({ "x-ratelimit-remaining": " 0 ", "x-ratelimit-reset": "7" })).toBe(7_000);
    const both = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "3s" };
    expect(read({ ...both, "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s" })).toBe(9_000);
    expect(read({ ...both, "x-ratelimit-remaining-tokens": "4", "x-ratelimit-reset-tokens": "9s" })).toBe(3_000);
    expect(read({ ...both, "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1s" })).toBe(3_000);
    expect(read({ ...both, "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon" })).toBe(3_000);
  });

  it("is nothing, or more than 0 and at most a minute", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer().map(String), fc.stringMatching(/^\d{0,5}h?\d{0,5}m?\d{0,7}(ms|s)?$/)),
        (value) => {
          const wait = reset(value);
          if (wait !== undefined) expect(wait > 0 && wait <= 60_000).toBe(true);
        },
      ),
    );
  });
});
