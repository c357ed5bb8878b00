import { undiciTransport } from "signalbox/undici";
import { describe, it } from "vitest";
import { FAULT_CASES } from "../faults/cases.js";
import { sendThrough } from "../faults/sides.js";

describe("faults, sent by signalbox/undici", () => {
  sendThrough(undiciTransport());

  it.each(FAULT_CASES.map((one) => [one.number, one.fault, one] as const))(
    "%i %s",
    async (_number, _fault, one) => {
      await one.run();
    },
    60_000,
  );
});
