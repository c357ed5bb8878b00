import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../../../src/errors/retry-after.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const HOUR = 3_600_000;
const read = (headers: { [name: string]: string }, nowWallMs = NOW) =>
  parseRetryAfter({ get: (name) => headers[name] ?? null }, nowWallMs);
const imf = (ms: number) => new Date(ms).toUTCString();

describe("Retry-After", () => {
  it.each([
    ["1", 1_000],
    ["0", 0],
    ["0.5", 500],
    ["0.125", 125],
    [" 2 ", 2_000],
    ["3600", HOUR],
    ["3601", HOUR],
    ["999999999999", HOUR],
  ])("reads %j as seconds", (value, expected) => expect(read({ "retry-after": value })).toBe(expected));

  it.each([
    "1e9",
    "Infinity",
    "-5",
    "abc",
    "2, 5",
    "",
    "  ",
    "NaN",
    "+1",
    "0x10",
    "1.",
    ".5",
    "5s",
    "1_000",
    "٣",
    "9".repeat(400),
  ])("leaves %j to the caller's own backoff", (value) => expect(read({ "retry-after": value })).toBeUndefined());

  it("gives way to the caller's own backoff without a header", () => {
    expect(read({})).toBeUndefined();
    expect(parseRetryAfter(undefined, NOW)).toBeUndefined();
  });

  it("prefers milliseconds where they are given, unless they are rubbish", () => {
    expect(read({ "retry-after-ms": "120", "retry-after": "9" })).toBe(120);
    expect(read({ "retry-after-ms": "12.5" })).toBe(12.5);
    expect(read({ "retry-after-ms": "99999999" })).toBe(HOUR);
    expect(read({ "retry-after-ms": "-1", "retry-after": "9" })).toBe(9_000);
  });

  it("reads a date against the server's own clock", () => {
    const headers = { "retry-after": imf(NOW + 30_000), date: imf(NOW) };
    expect(read(headers)).toBe(30_000);
    expect(read(headers, NOW + HOUR)).toBe(30_000);
    expect(read(headers, NOW - HOUR)).toBe(30_000);
  });

  it("reads a date against our clock where the server tells no time, or rubbish", () => {
    expect(read({ "retry-after": imf(NOW + 30_000) })).toBe(30_000);
    expect(read({ "retry-after": imf(NOW + 30_000), date: "yesterday" })).toBe(30_000);
    expect(read({ "retry-after": imf(NOW + 30_000), date: "Sun, 22 Nov 2026 99:99:99 GMT" })).toBe(30_000);
    expect(read({ "retry-after": ` ${imf(NOW + 30_000)} ` })).toBe(30_000);
    expect(read({ "retry-after": imf(NOW + 48 * HOUR) })).toBe(HOUR);
  });

  it.each([
    imf(NOW - 1_000),
    imf(NOW),
    "Sun, 22 Nov 2026",
    "2026-11-22T12:01:00Z",
    "Foo, 22 Nov 2026 12:01:00 GMT",
    `x ${imf(NOW + 9_000)}`,
    `${imf(NOW + 9_000)} x`,
  ])("never waits 0 ms for the date %j", (value) => expect(read({ "retry-after": value })).toBeUndefined());

  it("refuses dates that do not exist", () => {
    expect(read({ "retry-after": "Sun, 22 Nov 2026 99:99:99 GMT" })).toBeUndefined();
  });

  it("is nothing, or between 0 and one hour, whatever the headers say", () => {
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(
        fc.option(value),
        fc.option(value),
        fc.option(value),
        fc.integer(),
        (after, afterMs, date, nowWallMs) => {
          const wait = parseRetryAfter(
            { get: (name) => ({ "retry-after": after, "retry-after-ms": afterMs, date })[name] ?? null },
            nowWallMs,
          );
          if (wait !== undefined) expect(wait >= 0 && wait <= HOUR).toBe(true);
        },
      ),
    );
  });
});
