import { describe, expect, it } from "vitest";
import { CallOrder } from "../../../src/resilience/call-order.js";

/** Calls 10, 20, 30, ... in flight. */
function inFlight(count: number): CallOrder {
  const starts = new CallOrder();
  for (let n = 1; n <= count; n += 1) starts.begin(n * 10);
  return starts;
}

describe("a call that is not followed", () => {
  it.each([
    ["older than all", 5],
    ["between two", 25],
    ["newer than all", 95],
  ])("%s: its failure stands alone, and no call's outcome is touched by it", (_, token) => {
    const starts = inFlight(4);
    starts.failed(10);
    starts.failed(20);
    expect(starts.failed(token)).toBe(1);
    starts.void(token);
    starts.well(token);
    expect(starts.pending(0, 1_000)).toBe(2);
    expect(starts.failed(30)).toBe(3);
    expect(starts.failed(40)).toBe(4);
  });

  it("has ended already: the first word counts", () => {
    const starts = inFlight(3);
    starts.well(20);
    starts.failed(10);
    expect(starts.failed(20)).toBe(1);
    expect(starts.failed(30)).toBe(1);
    starts.void(30);
    starts.well(30);
    starts.begin(40);
    expect(starts.failed(40)).toBe(2);
  });

  it("belongs to a line that knows of no call at all", () => {
    const starts = new CallOrder();
    expect([starts.failed(0), starts.failed(1), starts.pending(0, 10)]).toEqual([1, 1, 0]);
    starts.void(0);
    starts.begin(1);
    starts.clear();
    expect([starts.failed(1), starts.pending(0, 10)]).toEqual([1, 0]);
  });
});

describe("what is kept", () => {
  it("is the last 64 calls where they come one at a time", () => {
    const starts = new CallOrder();
    let row = 0;
    for (let token = 1; token <= 200; token += 1) {
      starts.begin(token);
      row = starts.failed(token);
    }
    expect(row).toBe(64);
  });

  it("is everything in flight, up to 4,096; beyond that the oldest are forgotten", () => {
    const starts = inFlight(4_096);
    expect(starts.pending(0, 1e9)).toBe(4_096);
    for (let n = 4_097; n <= 5_000; n += 1) starts.begin(n * 10);
    expect(starts.pending(0, 1e9)).toBe(4_096);
    expect(starts.failed(10)).toBe(1);
    expect(starts.pending(0, 1e9)).toBe(4_096);
    expect(starts.failed(50_000)).toBe(1);
    expect(starts.pending(0, 1e9)).toBe(4_095);
  });

  it("stays in order and as it was when there is more room than before", () => {
    const starts = inFlight(64);
    starts.failed(10);
    // Ten go from the front and ten come behind, so that the ring no longer begins at its first place.
    for (let n = 1; n <= 10; n += 1) starts.well(n * 10);
    for (let n = 65; n <= 74; n += 1) starts.begin(n * 10);
    for (let n = 75; n <= 140; n += 1) starts.begin(n * 10);
    expect(starts.pending(110, 1_400)).toBe(130);
    expect(starts.failed(1_400)).toBe(1);
    expect(starts.failed(1_390)).toBe(2);
    expect(starts.failed(110)).toBe(1);
    expect(starts.pending(110, 1_400)).toBe(127);
  });

  it("forgets failures, not calls in flight", () => {
    const starts = inFlight(5);
    starts.failed(10);
    starts.failed(20);
    starts.forgive();
    expect([starts.pending(0, 50), starts.failed(30), starts.failed(50), starts.failed(40)]).toEqual([3, 1, 1, 3]);
  });
});
