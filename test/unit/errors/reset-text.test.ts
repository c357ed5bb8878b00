import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waitFromText } from "../../../src/errors/reset-text.js";

const NOW = Date.parse("2026-05-15T14:00:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("waits named in texts", () => {
  it.each([
    ["usage limit reached, resets at 2026-05-15T15:00:00Z (2056)", HOUR],
    ["resets at 2026-05-15T23:30:00+08:00", 1.5 * HOUR],
    ["resets at 2026-05-15T23:30:00+0800", 1.5 * HOUR],
    ["resets at 2026-05-15 15:00:00.250Z", HOUR],
    ["please try again after 1 seconds", 1_000],
    ["Please try again in 1.5s.", 1_500],
    ["try again in 20ms", 20],
    ["retry after 2 minutes", 120_000],
    ["Retry in 3 h", 3 * HOUR],
    ["wait for 10 secs", 10_000],
    ["try again in 250 milliseconds", 250],
    ["try again in 1 millisecond", 1],
    ["try again in 250MS", 250],
    ["try again in 1 sec", 1_000],
    ["try again in 12.125 second", 12_125],
    ["try again in 5m", 300_000],
    ["try again in 2 mins", 120_000],
    ["try again in 2 min", 120_000],
    ["try again in 1 minute", 60_000],
    ["try again in 2 hours", 2 * HOUR],
    ["try again in 1 hour", HOUR],
    ["Please try again in 6m0s. Visit our page", 360_000],
    ["Please try again in 1m26.4s.", 86_400],
    ["try again in 1 hour and 5 minutes", HOUR + 300_000],
    ["Please wait 30 seconds before you ask again", 30_000],
    ["Retry after: 12s", 12_000],
    ["try again in 5 monkeys", undefined],
    ["Please retry your request after 10 s", 10_000],
    ["resets at 2026-05-15T10:00:00-05:00", HOUR],
    ["resets at 2026-05-15T15:00:00.123456789Z", HOUR],
    ["come again at 2026-05-15T15:00:00Z", HOUR],
    ["available from 2026-05-15T15:00:00Z", HOUR],
    ["locked until 2026-05-15T15:00:00Z", HOUR],
    ["RETRY at 2026-05-15T15:00:00Z", HOUR],
    ["2026-05-15T15:00:00Z 恢复", HOUR],
    ["try again after 9999999 hours", 31 * DAY],
    ["resets at 2027-05-15T15:00:00Z", 31 * DAY],
  ])("%s", (text, expected) => expect(waitFromText(text, NOW)).toBe(expected));

  it("takes a time without a zone as the shortest wait it can mean", () => {
    expect(waitFromText("Your limit will reset at 2026-05-17 14:00:00", NOW)).toBe(2 * DAY - 14 * HOUR);
    expect(waitFromText("将在 2026-05-17 14:00:00 重置", NOW)).toBe(2 * DAY - 14 * HOUR);
    expect(waitFromText("Your limit will reset at 2026-05-15 19:01:25", NOW)).toBeUndefined();
  });

  it.each([
    "",
    "too many requests",
    "context length is 15000",
    "resets at 2026-05-15T13:00:00Z",
    "resets at 2026-99-99T15:00:00Z",
    "request made 2026-05-16T15:00:00Z was bad",
    "try again later",
    "try again after lunch",
    "try again in 5 moons",
    "entry 5 of 9: resets at noon",
    "resets at 2026-05-15T14:00:00Z",
    "resets on 12026-05-15T15:00:00Z",
    "resets at 2026-05-16",
  ])("%j names none", (text) => expect(waitFromText(text, NOW)).toBeUndefined());

  it("is nothing, or more than nothing and at most 31 days", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer(), (text, nowWallMs) => {
        for (const words of [text, `try again after ${text} s`, `resets at ${text}`, `resets at 2026-05-15T${text}`]) {
          const wait = waitFromText(words, nowWallMs);
          if (wait !== undefined) expect(wait >= 0 && wait <= 31 * DAY).toBe(true);
        }
      }),
    );
  });
});
