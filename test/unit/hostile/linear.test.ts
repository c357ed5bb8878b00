import { describe, expect, it } from "vitest";
import { stepsOf } from "../steps.js";
import { HOSTILE_KINDS } from "./kinds.js";

const SIZE = 2 ** 13;

describe("the work on a hostile text at most doubles with its length", () => {
  it.each(HOSTILE_KINDS.map((kind) => [kind.name, kind] as const))("%s", (_name, { prepare }) => {
    const [short, long] = [prepare(SIZE), prepare(2 * SIZE)];
    const few = stepsOf(short);
    expect(few).toBeGreaterThan(0);
    expect(stepsOf(long) / few).toBeLessThanOrEqual(2.1);
  });

  it("a count tells work that grows with the square from work that does not", () => {
    const rescanned = (size: number) => () => {
      const text = "x".repeat(size);
      for (let at = 0; at < size; at += 64) text.indexOf("<", at);
    };
    expect(stepsOf(rescanned(2 * SIZE)) / stepsOf(rescanned(SIZE))).toBeGreaterThan(3.5);
  });
});
