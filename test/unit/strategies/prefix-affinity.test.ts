import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPrefixAffinity } from "../../../src/strategies/prefix-affinity.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const TTL = 300_000;
const tokensAt = (boundary: number): number => (boundary + 1) * 400;

function setUp(max?: number) {
  const clock = createVirtualClock();
  const affinity = createPrefixAffinity({ clock, max });
  const expected = (chain: readonly string[], id: string, minTokens = 0) =>
    affinity.expectedCachedTokens(chain, id, TTL, minTokens, tokensAt);
  const served = (chain: readonly string[], id: string, reported?: number, hoped?: number) =>
    affinity.served(chain, id, clock.now(), reported, hoped);
  return { clock, affinity, expected, served };
}

describe("prefix affinity", () => {
  it("knows the longest prefix a candidate served", () => {
    const { expected, served } = setUp();
    served(["s", "s1"], "a");
    served(["s"], "b");
    expect(expected(["s", "s1", "s12", "s123"], "a")).toBe(800);
    expect(expected(["s", "s1", "s12", "s123"], "b")).toBe(400);
    expect(expected(["s", "s1"], "c")).toBe(0);
    expect(expected(["t", "t1"], "a")).toBe(0);
    expect(expected([], "a")).toBe(0);
  });

  it("does not count what was served after the request went out", async () => {
    const { clock, affinity, served } = setUp();
    await clock.advance(10);
    served(["s"], "a");
    const at = (askedAtMs: number) => affinity.expectedCachedTokens(["s"], "a", TTL, 0, tokensAt, askedAtMs);
    expect([at(9), at(10), at(TTL + 9), at(TTL + 10)]).toEqual([0, 400, 400, 0]);
  });

  it("counts the tokens of a prefix once for all candidates of a decision", () => {
    const { affinity, served } = setUp();
    for (const id of ["a", "b", "c"]) served(["s", "s1"], id);
    let counted = 0;
    const chain = ["s", "s1", "s12"];
    for (const id of ["a", "b", "c", "d"]) {
      affinity.expectedCachedTokens(chain, id, TTL, 0, () => {
        counted += 1;
        return 500;
      });
    }
    expect(counted).toBe(1);
  });

  it("an edited history shares only what comes before the edit", () => {
    const { expected, served } = setUp();
    served(["s", "s1", "s12", "s123"], "a");
    expect(expected(["s", "s1", "s1x", "s1xy"], "a")).toBe(800);
  });

  it("forgets after the vendor's time to live, counted from the last use", async () => {
    const { clock, expected, served } = setUp();
    served(["s"], "a");
    await clock.advance(TTL - 1);
    expect(expected(["s"], "a")).toBe(400);
    served(["s"], "a");
    await clock.advance(TTL - 1);
    expect(expected(["s"], "a")).toBe(400);
    await clock.advance(1);
    expect(expected(["s"], "a")).toBe(0);
  });

  it("falls back to a shorter prefix that is still fresh", async () => {
    const { clock, expected, served } = setUp();
    served(["s", "s1"], "a");
    await clock.advance(TTL - 10);
    served(["s", "x"], "a");
    await clock.advance(20);
    expect(expected(["s", "s1", "s12"], "a")).toBe(400);
  });

  it("counts nothing below the vendor's smallest prefix", () => {
    const { expected, served } = setUp();
    served(["s"], "a");
    expect(expected(["s"], "a", 401)).toBe(0);
    expect(expected(["s"], "a", 400)).toBe(400);
  });

  it("trusts reports: falls when nothing was read from cache, recovers when it was", () => {
    const { expected, served } = setUp();
    served(["s"], "a");
    for (let round = 0; round < 20; round += 1) served(["s"], "a", 0, expected(["s"], "a"));
    expect(expected(["s"], "a")).toBeLessThan(40);
    for (let round = 0; round < 40; round += 1) served(["s"], "a", 400, Math.max(1, expected(["s"], "a")));
    expect(expected(["s"], "a")).toBeGreaterThan(360);
  });

  it("reading changes nothing", () => {
    const { affinity, expected, served } = setUp(10);
    served(["s", "s1"], "a");
    for (let round = 0; round < 100; round += 1) expected([`r${round}`], "a");
    expect(affinity.size).toBe(2);
    expect(expected(["s", "s1"], "a")).toBe(800);
  });

  it("stays bounded, in prefixes and in holders of one prefix", () => {
    const { affinity, expected, served } = setUp(50);
    for (let index = 0; index < 1_000; index += 1) served([`p${index}`, `q${index}`], "a");
    expect(affinity.size).toBeLessThanOrEqual(100);
    const crowd = Array.from({ length: 100 }, (_, index) => `c${index}`);
    for (const id of crowd) served(["s"], id);
    expect(crowd.filter((id) => expected(["s"], id) > 0).length).toBe(8);
  });

  it("never expects more than the request holds", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 }), { maxLength: 20 }), (talks) => {
        const { expected, served } = setUp();
        for (const talk of talks) {
          const chain = talk.map((_, end) => talk.slice(0, end + 1).join(""));
          const hoped = expected(chain, "x");
          if (hoped > chain.length * 400 || hoped < 0) return false;
          served(chain, "x", hoped / 2, hoped);
        }
        return true;
      }),
    );
  });
});
