import { describe, expect, it } from "vitest";
import { CoolDown, Escalation } from "../../../src/resilience/hold.js";

describe("a cool-down", () => {
  it("is only ever lengthened, and says whether it was", () => {
    const hold = new CoolDown();
    expect([hold.active(0), hold.reason]).toEqual([false, null]);
    expect(hold.extend(100, "first")).toBe(true);
    expect(hold.extend(100, "as long")).toBe(false);
    expect(hold.extend(99, "shorter")).toBe(false);
    expect(hold.extend(Number.NaN, "nonsense")).toBe(false);
    expect([hold.untilMs, hold.reason]).toEqual([100, "first"]);
    expect(hold.extend(101, "longer")).toBe(true);
    expect([hold.untilMs, hold.reason]).toEqual([101, "longer"]);
  });

  it("ends at its end, and when it is cleared", () => {
    const hold = new CoolDown();
    hold.extend(100, "x");
    expect([hold.active(99), hold.active(100)]).toEqual([true, false]);
    hold.clear();
    expect([hold.active(-1e9), hold.reason]).toEqual([false, null]);
  });
});

describe("an escalating wait", () => {
  it("doubles up to its ceiling and stays there, until something went well", () => {
    const wait = new Escalation();
    expect(Array.from({ length: 6 }, () => wait.next(10, 100))).toEqual([10, 20, 40, 80, 100, 100]);
    wait.clear();
    expect([wait.next(10, 100), wait.next(10, 100)]).toEqual([10, 20]);
  });
});
