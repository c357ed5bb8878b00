/** A source of numbers in [0, 1), such as `Math.random`. */
export type Random = () => number;

/**
 * A repeatable random source (mulberry32: 32-bit state, period 2^32; not for secrets).
 *
 * @example
 * const random = seededRandom(7);
 * random(); // the same first number on every run
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
