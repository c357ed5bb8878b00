import { afterAll, describe, it, vi } from "vitest";
import { FAULT_CASES } from "../faults/cases.js";

describe("faults, sent by signalbox/undici", () => {
  vi.stubEnv("FAULTS_TRANSPORT", "undici");
  afterAll(() => void vi.unstubAllEnvs());

  it.each(FAULT_CASES.map((one) => [one.number, one.fault, one] as const))(
    "%i %s",
    async (_number, _fault, one) => {
      await one.run();
    },
    60_000,
  );
});
