import { describe, expect, it } from "vitest";
import { CoolDown, DoublingWait } from "../../../src/resilience/cool-down.js";

describe("a cool-down", () => {
  it("is only ever lengthened, and says whether it was", () => {
    const coolDown = new CoolDown();
    expect([coolDown.active(0), coolDown.reason]).toEqual([false, null]);
    expect(coolDown.extend(100, "first")).toBe(true);
    expect(coolDown.extend(100, "as long")).toBe(false);
    expect(coolDown.extend(99, "shorter")).toBe(false);
    expect(coolDown.extend(Number.NaN, "nonsense")).toBe(false);
    expect([coolDown.untilMs, coolDown.reason]).toEqual([100, "first"]);
    expect(coolDown.extend(101, "longer")).toBe(true);
    expect([coolDown.untilMs, coolDown.reason]).toEqual([101, "longer"]);
  });

  it("ends at its end, and when it is cleared", () => {
    const coolDown = new CoolDown();
    coolDown.extend(100, "x");
    expect([coolDown.active(99), coolDown.active(100)]).toEqual([true, false]);
    coolDown.clear();
    expect([coolDown.active(-1e9), coolDown.reason]).toEqual([false, null]);
  });
});

describe("an escalating wait", () => {
  it("doubles up to its ceiling and stays there, until something went well", () => {
    const wait = new DoublingWait();
    expect(Array.from({ length: 6 }, () => wait.next(10, 100))).toEqual([10, 20, 40, 80, 100, 100]);
    wait.clear();
    expect([wait.next(10, 100), wait.next(10, 100)]).toEqual([10, 20]);
  });
});
