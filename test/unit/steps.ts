import { Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";

type Method = (this: { readonly length: number }, ...args: unknown[]) => unknown;

/** What a native method looks at: the characters or items that it may have to read. */
type Cost = (self: { readonly length: number }, args: readonly unknown[], result: unknown) => number;

const all: Cost = ({ length }) => length;
const given: Cost = (_self, [text]) => String(text).length;
const dropped: Cost = ({ length }, _args, result) => length - String(result).length + 1;
const made: Cost = (_self, _args, result) => (result as { readonly length: number } | undefined)?.length ?? 0;

/** From where it began to where it found something, or to the end. */
const searched: Cost = ({ length }, [what, from], result) => {
  const began = typeof from === "number" ? Math.max(0, from) : 0;
  return (result === -1 ? length : Number(result) + (typeof what === "string" ? what.length : 1)) - began;
};

const has: Cost = (self, [text], result) =>
  result && typeof self === "string" ? indexOf.call(self, String(text)) + String(text).length : self.length;

/** A search begins at `lastIndex` if the pattern keeps one, which is 0 again after a search in vain. */
const matched: Cost = (self, [text], result) => {
  const found = result as RegExpExecArray | null;
  const { sticky, global } = self as unknown as RegExp;
  if (found) return found[0].length + (sticky ? 1 : global ? 1 : found.index);
  return sticky ? 1 : String(text).length;
};

const { indexOf } = String.prototype;

const METERED: readonly (readonly [object, Readonly<Record<string, Cost>>])[] = [
  [
    String.prototype,
    {
      indexOf: searched,
      includes: has,
      lastIndexOf: all,
      search: all,
      split: all,
      replace: all,
      replaceAll: all,
      match: all,
      trim: dropped,
      trimStart: dropped,
      trimEnd: dropped,
      toLowerCase: all,
      toUpperCase: all,
      normalize: all,
      startsWith: given,
      endsWith: given,
      repeat: made,
    },
  ],
  [RegExp.prototype, { exec: matched }],
  [
    Array.prototype,
    { indexOf: searched, includes: has, join: made, shift: all, unshift: all, splice: all, slice: made, concat: made },
  ],
  [Uint8Array.prototype, { indexOf: searched, slice: made, set: given }],
  [JSON, { parse: given, stringify: made }],
];

// V8 drops counts when it optimises a function in the middle of a run, so it interprets all of this process.
for (const flag of ["--no-opt", "--no-maglev", "--no-sparkplug", "--no-use-osr", "--no-lazy-feedback-allocation"])
  setFlagsFromString(flag);

/**
 * Counts the steps of `run`: each entry into a block of the project's own code, by V8's coverage, and each character or
 * item that a native method looks at. The same work gives the same count, however busy the machine is. The first run
 * warms up: what is compiled in it is counted once more.
 */
export function stepsOf(run: () => unknown): number {
  countedOnce(run);
  return countedOnce(run);
}

function countedOnce(run: () => unknown): number {
  let scanned = 0;
  const restore: (() => void)[] = [];
  const session = new Session();
  session.connect();
  const ask = (method: string, params: object = {}): unknown => {
    let answer: unknown;
    session.post(method, params, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  };
  ask("Profiler.enable");
  ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  try {
    for (const [holder, costs] of METERED) {
      for (const [name, cost] of Object.entries(costs)) {
        const native = Reflect.get(holder, name) as Method;
        const metered: Method = function (...args) {
          const result = native.apply(this, args);
          scanned += cost(this, args, result);
          return result;
        };
        Object.defineProperty(holder, name, { value: metered, configurable: true, writable: true });
        restore.push(() => Object.defineProperty(holder, name, { value: native, configurable: true, writable: true }));
      }
    }
    run();
  } finally {
    for (const undo of restore) undo();
  }
  const { result } = ask("Profiler.takePreciseCoverage") as Coverage;
  session.disconnect();
  let entered = 0;
  for (const { url, functions } of result) {
    if (!url.includes("/src/")) continue;
    for (const { ranges } of functions) for (const { count } of ranges) entered += count;
  }
  return entered + scanned;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}
