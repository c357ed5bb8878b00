import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, patternRedactor } from "../../../src/errors/redact.js";

const KEY = 'sb-Test/Key+with=signs"and\\more';
const redactor = createRedactor(() => [KEY]);

describe("redaction", () => {
  it.each([
    ["as it is", KEY],
    ["URL-encoded", encodeURIComponent(KEY)],
    ["URL-encoded in lower case", encodeURIComponent(KEY).replace(/%../g, (hex) => hex.toLowerCase())],
    ["in JSON", JSON.stringify({ key: KEY })],
    ["in base64", Buffer.from(KEY).toString("base64")],
    ["in base64url", Buffer.from(KEY).toString("base64url")],
    ["in basic auth", Buffer.from(`user:${KEY}`).toString("base64")],
    ["in basic auth of another length", Buffer.from(`me:${KEY}:x`).toString("base64")],
    ["in hexadecimal", Buffer.from(KEY).toString("hex")],
    ["in upper-case hexadecimal", Buffer.from(KEY).toString("hex").toUpperCase()],
    ["reversed", [...KEY].reverse().join("")],
    ["twice", `${KEY} and ${KEY}`],
  ])("takes out a key %s", (_name, text) => {
    const clean = redactor.scrub(`before ${text} after`);
    expect(clean).toMatch(/^before .*\[redacted\].* after$/);
    expect(clean).not.toContain("Key+with");
    expect(clean).not.toContain("htiw+yeK");
    expect(clean.toLowerCase()).not.toContain(Buffer.from("Key+with").toString("hex"));
    expect(clean).not.toContain(Buffer.from("Key+with").toString("base64").slice(2, 8));
  });

  it.each([
    "Incorrect API key provided: sk-proj-****abcd1234. You can find",
    "Authorization: Bearer abcdefgh12345678",
    "bearer ABCDEFGH12345678",
    "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_1",
    "my-token-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_1",
    "zhipu 0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp",
    "google AIzaSyA1234567890abcdefghij",
    "x-api-key: hunter2hunter2",
    '{"api_key":"hunter2hunter2"}',
    "api key provided: hunter2hunter2",
    "?access_token=hunter2hunter2&x=1",
  ])("takes out what looks like a key: %s", (text) => {
    const clean = patternRedactor.scrub(text);
    expect(clean).toContain("[redacted]");
    expect(clean).not.toMatch(/hunter2|abcd1234|12345678|eyJzdWI|AbCdEf|AIzaSy/);
  });

  it.each([
    "rate limit reached for requests per min",
    "Basic plan users only",
    "the task-list is long",
    "invalid api key",
    "",
  ])("leaves %j alone", (text) => expect(patternRedactor.scrub(text)).toBe(text));

  it("asks for the keys at every call, and ignores those that are too short to be one", () => {
    const keys = ["abc", ""];
    const rotating = createRedactor(() => keys);
    expect(rotating.scrub("abc a fresh-key-1")).toBe("abc a fresh-key-1");
    keys.push("fresh-key-1");
    expect(rotating.scrub("abc a fresh-key-1")).toBe("abc a [redacted]");
  });

  it("never lets a key out, whatever it looks like and wherever it stands", () => {
    const secret = fc.oneof(
      fc.string({ minLength: 4, maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(..."*[]redact"), minLength: 4, maxLength: 12 }),
      fc.constantFrom("[redacted]", "redacted", "****", "edac", "\ud800abc"),
    );
    const piece = (key: string) =>
      fc.oneof(
        fc.string(),
        fc.constant(key),
        fc.constant(key.slice(0, 3)),
        fc.constant(key.slice(3)),
        fc.constant("[redacted]"),
      );
    const sample = fc.array(secret, { minLength: 1, maxLength: 3 }).chain((keys) =>
      fc.record({
        keys: fc.constant(keys),
        text: fc.array(fc.oneof(...keys.map(piece)), { maxLength: 10 }).map((pieces) => pieces.join("")),
      }),
    );
    fc.assert(
      fc.property(sample, ({ keys, text }) => {
        const clean = createRedactor(() => keys).scrub(text);
        for (const key of keys) expect(clean.includes(key)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("finds a key in base64 whatever stands around it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 30 }), fc.string(), fc.string(), (raw, before, after) => {
        const key = Buffer.from(raw).toString("hex");
        const whole = Buffer.from(before + key + after).toString("base64");
        expect(createRedactor(() => [key]).scrub(whole)).toContain("[redacted]");
      }),
    );
  });

  it("is linear in the text", () => {
    const startedAt = process.cpuUsage().user;
    for (const unit of ["sk-", "Bearer ", "api_key", "eyJ.", "-eyJaaaaaaaa", "a", " ", "0123456789abcdef"]) {
      redactor.scrub(unit.repeat(100_000));
    }
    expect(process.cpuUsage().user - startedAt).toBeLessThan(5_000_000);
  });
});
