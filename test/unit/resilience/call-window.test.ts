import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallWindow } from "../../../src/resilience/call-window.js";

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ waitMs: fc.nat(12), failed: fc.boolean(), slow: fc.boolean(), clear: fc.constant(false) }),
  },
  { weight: 1, arbitrary: fc.record({ waitMs: fc.nat(150), clear: fc.boolean() }) },
);

describe("the window of calls", () => {
  it("counts what a plain list of the last calls would count", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 200, size: "max" }),
        fc.integer({ min: 1, max: 9 }),
        (steps, size) => {
          const window = new CallWindow(100, size);
          let calls: { atMs: number; failed: boolean; slow: boolean }[] = [];
          let nowMs = 0;
          for (const s of steps) {
            nowMs += s.waitMs;
            if (s.clear) {
              window.clear();
              calls = [];
            }
            if ("failed" in s) {
              window.add(nowMs, s.failed, s.slow);
              calls.push({ atMs: nowMs, failed: s.failed, slow: s.slow });
            } else window.expire(nowMs);
            calls = calls.filter(({ atMs }) => atMs > nowMs - 100).slice(-size);
            expect([window.total, window.failed, window.slow]).toEqual([
              calls.length,
              calls.filter(({ failed }) => failed).length,
              calls.filter(({ slow }) => slow).length,
            ]);
          }
        },
      ),
    );
  });
});
