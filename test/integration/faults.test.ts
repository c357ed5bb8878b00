import { describe, expect, it } from "vitest";
import { FAULT_CASES } from "../faults/cases.js";

describe("faults", () => {
  it("are numbered 1 to 146, each once", () => {
    expect(FAULT_CASES.map(({ number }) => number)).toEqual(Array.from({ length: 146 }, (_, at) => at + 1));
  });

  it.each(FAULT_CASES.map((one) => [one.number, one.fault, one] as const))(
    "%i %s",
    async (_number, _fault, one) => {
      await one.run();
    },
    60_000,
  );
});
