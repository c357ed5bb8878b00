import { describe, expect, test } from "vitest";
import { Pace } from "../../../src/resilience/pace.js";

/** A vendor that takes so many calls in any second, asked as often as the pace lets it, up to a demand. */
function run(pace: Pace, { perS, demandPerS = 1_000, forMs }: { perS: number; demandPerS?: number; forMs: number }) {
  const taken: number[] = [];
  let refused = 0;
  let token = 0;
  let nextMs = 0;
  const answeredAtMs: number[] = [];
  for (let nowMs = 0; nowMs < forMs; nowMs += 1) {
    if (nowMs < nextMs || nowMs < pace.readyAtMs) continue;
    nextMs = nowMs + 1_000 / demandPerS;
    token += 1;
    pace.take(nowMs);
    while (taken.length > 0 && (taken[0] as number) <= nowMs - 1_000) taken.shift();
    if (taken.length >= perS) {
      refused += 1;
      pace.refused(nowMs, token, token, 1_000);
    } else {
      taken.push(nowMs);
      answeredAtMs.push(nowMs);
      pace.succeeded();
    }
  }
  return { refused, answeredAtMs };
}

describe("pace", () => {
  test("one refusal on a slow circuit changes nothing", () => {
    const pace = new Pace();
    for (let i = 0; i < 5; i += 1) {
      pace.take(i * 1_000);
      pace.succeeded();
    }
    pace.take(5_000);
    pace.refused(5_000, 6, 6, 1_000);
    expect(pace.readyAtMs).toBe(Number.NEGATIVE_INFINITY);
  });

  test("three refusals in a row are a pause, within the vendor's hint", () => {
    const pace = new Pace();
    for (let token = 1; token <= 3; token += 1) {
      pace.take(token);
      pace.refused(token, token, token, 1_000);
    }
    expect(pace.readyAtMs).toBe(3 + 125);
  });

  test.each([10, 20, 100])("a limit of %d a second is used nearly in full, with few refusals", (perS) => {
    const { refused, answeredAtMs } = run(new Pace(), { perS, forMs: 60_000 });
    const late = answeredAtMs.filter((atMs) => atMs >= 10_000).length / 50;
    expect(late).toBeGreaterThan(0.9 * perS);
    expect(refused / answeredAtMs.length).toBeLessThan(0.05);
  });

  test("what was refused long ago is forgotten", () => {
    const pace = new Pace();
    run(pace, { perS: 20, forMs: 2_000 });
    pace.take(70_000);
    pace.take(70_000);
    expect(pace.readyAtMs).toBeLessThanOrEqual(70_000);
  });

  test("refusals of calls that began before the pace was lowered lower it no further", () => {
    const [one, other] = [new Pace(), new Pace()];
    for (const pace of [one, other]) for (let token = 1; token <= 40; token += 1) pace.take(token * 25);
    one.refused(1_000, 30, 40, 0);
    other.refused(1_000, 30, 40, 0);
    for (let token = 31; token <= 40; token += 1) other.refused(1_000, token, 40, 0);
    one.take(1_100);
    other.take(1_100);
    expect(other.readyAtMs).toBe(one.readyAtMs);
  });
});
