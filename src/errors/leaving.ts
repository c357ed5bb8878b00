import { inspectError } from "./describe.js";
import { SignalboxError } from "./signalbox-error.js";

/** Frames that are kept of where the failure was met: the rest is this library's own way there. */
const OWN_FRAMES = 4;

/** What Node, Bun and their like call when they print a value. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * An error on its way to the caller: its stack ends with the caller's own lines, and consoles print it on one screen. Call
 * it once per error, in the `catch` of the async function that the caller awaits: only there an engine knows the awaiting
 * functions, and only a failure pays for it. Engines that write stacks in another form than V8's keep the stack as it is.
 */
export function leaving(thrown: unknown): unknown {
  if (!SignalboxError.isInstance(thrown)) return thrown;
  Object.defineProperty(thrown, INSPECT, { value: inspectError, configurable: true });
  // The first frame is this function.
  const callers = framesOf(new Error().stack).slice(1);
  const own = framesOf(thrown.stack);
  const last = callers.at(-1);
  if (last === undefined || own.includes(last)) return thrown;
  const kept = own.slice(0, OWN_FRAMES).filter((frame) => !callers.includes(frame));
  const stack = [`${thrown.name}: ${thrown.message}`, ...kept, ...callers].join("\n");
  Object.defineProperty(thrown, "stack", { value: stack, configurable: true, writable: true });
  return thrown;
}

/**
 * Keeps a promise that is about to reject from counting as unhandled while nobody waits for it yet. It is marked after it
 * has rejected: a second listener before that would hide the awaiting functions from {@link leaving}.
 */
export function quietly(work: () => Promise<unknown> | undefined): void {
  queueMicrotask(() => {
    work()?.catch(() => {});
  });
}

function framesOf(stack: string | undefined): readonly string[] {
  return (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
}
