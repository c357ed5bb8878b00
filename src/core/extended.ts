/**
 * `{ ...base, ...more }` for the hot path. A literal that begins with a spread and goes on is given a hidden class of
 * its own at every evaluation by the V8 of Node 20: 2 us instead of 0.2, and what reads the object later is slow too.
 */
export function extended<Base extends object, More extends object>(base: Base, more: More): Base & More {
  return Object.assign({}, base, more);
}
