import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecayedMean, decayFactor } from "../../../src/core/decay.js";
import { MAX_VALUE, MIN_VALUE, QUANTILE_RELATIVE_ERROR, QuantileSketch } from "../../../src/core/quantiles.js";
import { seededRandom } from "../../../src/core/random.js";

const value = fc.double({ min: MIN_VALUE, max: MAX_VALUE, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** The values around rank `p` of a sorted list: what a quantile may mean. */
function around(values: readonly number[], p: number): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * sorted.length;
  const low = sorted[Math.max(0, Math.ceil(at - 1e-9) - 1)] ?? 0;
  const high = sorted[Math.min(sorted.length - 1, Math.floor(at + 1e-9))] ?? 0;
  return [low, high];
}

function expectWithinBound(read: number, values: readonly number[], p: number): void {
  const [low, high] = around(values, p);
  expect(read).toBeGreaterThanOrEqual(low * (1 - QUANTILE_RELATIVE_ERROR) * (1 - 1e-9));
  expect(read).toBeLessThanOrEqual(high * (1 + QUANTILE_RELATIVE_ERROR) * (1 + 1e-9));
}

describe("the quantile sketch", () => {
  it("is within 1 % of a value of that rank, whatever the numbers", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), share, (values, p) => {
        const sketch = new QuantileSketch();
        for (const v of values) sketch.add(v);
        expectWithinBound(sketch.quantile(p), values, p);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps that bound on latencies: lognormal, two humps, constant", () => {
    const random = seededRandom(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const shapes = [
      () => Math.exp(7 + 0.9 * normal()),
      () => (random() < 0.9 ? 200 + 50 * random() : 30_000 + 5_000 * random()),
      () => 1_234.5,
    ];
    for (const shape of shapes) {
      const sketch = new QuantileSketch();
      const values = Array.from({ length: 20_000 }, shape);
      for (const v of values) sketch.add(v);
      for (const p of [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) expectWithinBound(sketch.quantile(p), values, p);
    }
  });

  it("merges parts into exactly what one sketch of all would hold", () => {
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 60 }), { minLength: 1, maxLength: 6 }), share, (parts, p) => {
        const whole = new QuantileSketch();
        const merged = new QuantileSketch();
        for (const part of parts) {
          const sketch = new QuantileSketch();
          for (const v of part) {
            sketch.add(v);
            whole.add(v);
          }
          merged.merge(JSON.parse(JSON.stringify(sketch.state())));
        }
        expect(merged.weight).toBeCloseTo(whole.weight, 6);
        expect(merged.quantile(p)).toEqual(whole.quantile(p));
      }),
    );
  });

  it("has nothing to say before the first value, and ignores what is no number", () => {
    const sketch = new QuantileSketch();
    sketch.add(Number.NaN);
    expect([sketch.quantile(0.5), sketch.weight]).toEqual([Number.NaN, 0]);
  });

  it("counts values outside its range at its ends", () => {
    const sketch = new QuantileSketch();
    for (const v of [0, -5, Number.POSITIVE_INFINITY, 1e300]) sketch.add(v);
    expect(sketch.quantile(0)).toBeCloseTo(MIN_VALUE, 4);
    expect(sketch.quantile(1) / MAX_VALUE).toBeCloseTo(1, 1);
    expect(sketch.weight).toBe(4);
  });

  it("forgets by half-life, however long the pause", () => {
    const sketch = new QuantileSketch({ halfLifeMs: 1_000 });
    for (let i = 0; i < 1_000; i++) sketch.add(100, 0);
    for (let i = 0; i < 10; i++) sketch.add(900, 10_000);
    // A thousand old ones weigh less than one new one by now.
    expect(sketch.weight).toBeCloseTo(10 + 1_000 / 1_024, 6);
    expect(sketch.quantile(0.5) / 900).toBeCloseTo(1, 1);
    for (const pause of [1e5, 1e9, 1e15]) {
      sketch.add(50, sketch.weight + pause);
      expect(Number.isFinite(sketch.weight)).toBe(true);
      expect(sketch.quantile(0.5) / 50).toBeCloseTo(1, 1);
    }
  });

  it("weighs its samples alike, however often its buckets were scaled back", () => {
    const sketch = new QuantileSketch({ halfLifeMs: 1_000 });
    for (let t = 0; t <= 200_000; t += 500) sketch.add(t % 1_000 === 0 ? 10 : 1_000, t);
    expect(sketch.weight).toBeCloseTo(1 / (1 - Math.SQRT1_2), 3);
    expect(sketch.quantile(0.4) / 10).toBeCloseTo(1, 1);
    expect(sketch.quantile(0.6) / 10).toBeCloseTo(100, -1);
  });

  it("skips rubbish in foreign state", () => {
    const sketch = new QuantileSketch();
    const rubbish = [
      [-1, 5],
      [1.5, 5],
      [1e9, 5],
      [100, -1],
      [100, Number.NaN],
      [100, Number.POSITIVE_INFINITY],
    ] as const;
    sketch.merge({ buckets: rubbish });
    expect(sketch.weight).toBe(0);
  });

  it("starts anew when cleared", () => {
    const sketch = new QuantileSketch({ halfLifeMs: 10 });
    sketch.add(5, 1_000);
    sketch.clear();
    sketch.add(7, 0);
    expect([sketch.weight, Math.round(sketch.quantile(0.5))]).toEqual([1, 7]);
  });
});

describe("decay", () => {
  it("halves per half-life, and takes time that runs backwards for none", () => {
    expect(decayFactor(10_000, 10_000)).toBeCloseTo(0.5);
    expect(decayFactor(20_000, 10_000)).toBeCloseTo(0.25);
    expect([decayFactor(0, 10), decayFactor(-5, 10), decayFactor(Number.POSITIVE_INFINITY, 10)]).toEqual([1, 1, 0]);
  });

  it("keeps a mean between its samples and its prior, and moves to the prior as it forgets", () => {
    const mean = new DecayedMean();
    expect(mean.shrunk(7, 0)).toBe(7);
    for (const v of [1, 2, 3]) mean.add(v);
    expect(mean.shrunk(0, 0)).toBe(2);
    expect(mean.shrunk(10, 1)).toBe(4);
    mean.decay(1e-9);
    expect(mean.shrunk(10, 1)).toBeCloseTo(10, 6);
    const other = new DecayedMean();
    other.addMany(2, 8);
    expect(other.shrunk(0, 0)).toBe(4);
    other.clear();
    expect([other.weight, other.shrunk(7, 0)]).toEqual([0, 7]);
  });
});
