/** Undici's fetch refuses an answer with more content codings than this. */
const MOST_CODINGS = 5;

/** Where undici, which is Node's fetch, keeps the dispatcher that every call without one of its own goes through. */
const GLOBAL_DISPATCHER = Symbol.for("undici.globalDispatcher.1");

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** The part of undici's dispatcher that fetch uses. */
export interface Dispatcher {
  dispatch(options: unknown, handler: object): unknown;
  readonly isMockActive?: unknown;
}

/**
 * The global dispatcher, with a look at each head before fetch sees it; `undefined` if the runtime's fetch is not
 * undici. When fetch itself refuses a head for its content codings, it keeps a body without a listener for errors, and
 * whatever the connection reports next is an uncaught exception: the server could end the process. Refused one step
 * earlier, the same head is an ordinary failure of the call.
 */
export function guardedDispatcher(): Dispatcher | undefined {
  // Node loads undici, and with it the dispatcher, at the first use of one of its globals.
  if (typeof globalThis.Response !== "function") return undefined;
  const real = (globalThis as { readonly [key: symbol]: unknown })[GLOBAL_DISPATCHER] as Dispatcher | undefined;
  if (typeof real?.dispatch !== "function") return undefined;
  return {
    dispatch: (options, handler) => real.dispatch(options, guarded(handler)),
    isMockActive: real.isMockActive,
  };
}

/** Changes fetch's own handler, which belongs to this one call: a copy would have another `this`. */
function guarded(handler: object): object {
  const { onHeaders, onResponseStart } = handler as { readonly [method: string]: unknown };
  if (typeof onHeaders === "function") {
    const pass = onHeaders as Method;
    const look: Method = function (this: unknown, ...given) {
      refuseManyCodings(codingsInList(given[1]));
      return pass.apply(this, given);
    };
    Object.assign(handler, { onHeaders: look });
  } else if (typeof onResponseStart === "function") {
    const pass = onResponseStart as Method;
    const look: Method = function (this: unknown, ...given) {
      refuseManyCodings(codingsIn((given[2] as { readonly [name: string]: unknown } | null)?.["content-encoding"]));
      return pass.apply(this, given);
    };
    Object.assign(handler, { onResponseStart: look });
  }
  return handler;
}

/** Undici turns what a handler throws into the failure of its call. */
function refuseManyCodings(count: number): void {
  if (count > MOST_CODINGS) throw new Error(`the answer has ${count} content codings, more than ${MOST_CODINGS}`);
}

/** Counts in names and values that take turns, as bytes: what an HTTP parser gives. */
function codingsInList(raw: unknown): number {
  if (!Array.isArray(raw)) return 0;
  let count = 0;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name: unknown = raw[at];
    const length = (name as { readonly length?: unknown } | null)?.length;
    if (length === "content-encoding".length && String(name).toLowerCase() === "content-encoding") {
      count += codingsIn(raw[at + 1]);
    }
  }
  return count;
}

function codingsIn(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return Array.isArray(value)
    ? value.reduce((sum: number, each: unknown) => sum + codingsIn(each), 0)
    : String(value).split(",").length;
}
