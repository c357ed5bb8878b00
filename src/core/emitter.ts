import { EventEmitter } from "eventemitter3";

/** Any listener, as the emitter underneath keeps it. */
type Listener = (event: never) => void;

/** A typed event emitter whose listeners cannot touch the one who emits. */
export interface ContainedEmitter<Events extends object> {
  /** Whether anyone listens: ask before building an event. */
  has(name: keyof Events & string): boolean;
  /**
   * Hands every listener the event, frozen; the object is the emitter's from then on, and what it holds is copied. A throw
   * or a rejected promise goes to `onFault`, never further.
   */
  emit<Name extends keyof Events & string>(name: Name, event: Events[Name]): void;
  on<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): void;
  once<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): void;
  off<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): void;
  clear(): void;
}

/** eventemitter3 lets a listener's exception out of `emit`; this one hands it to `onFault` instead. */
export function createEmitter<Events extends object>(
  onFault: (name: string, fault: unknown) => void,
): ContainedEmitter<Events> {
  const emitter = new EventEmitter();
  const listeners = (name: string): Listener[] => emitter.listeners(name) as Listener[];
  /** What `once` put in a listener's place, so that `off` finds it. */
  const wrappers = new WeakMap<object, Listener>();
  return {
    has: (name) => emitter.listenerCount(name) > 0,
    emit(name, event) {
      const heard = listeners(name);
      if (heard.length === 0) return;
      const told = frozen(event as Fields);
      for (const listener of heard) {
        try {
          const outcome: unknown = listener(told as never);
          if (isThenable(outcome)) outcome.then(undefined, (fault) => onFault(name, fault));
        } catch (fault) {
          onFault(name, fault);
        }
      }
    },
    on: (name, listener) => void emitter.on(name, listener),
    once(name, listener) {
      const single = (event: Events[typeof name]): void => {
        emitter.off(name, single);
        listener(event);
      };
      wrappers.set(listener, single as Listener);
      emitter.on(name, single);
    },
    off(name, listener) {
      emitter.off(name, listener);
      const single = wrappers.get(listener);
      if (single) emitter.off(name, single as (event: Events[typeof name]) => void);
    },
    clear: () => void emitter.removeAllListeners(),
  };
}

const NOTHING: readonly unknown[] = Object.freeze([]);

type Fields = { [field: string]: unknown };

/** Frozen all the way down: what a listener is told shares nothing with a reply, an error or an option. */
function frozen(fresh: Fields): object {
  for (const field in fresh) {
    const item = fresh[field];
    if (typeof item === "object" && item !== null) fresh[field] = frozenCopy(item);
  }
  return Object.freeze(fresh);
}

function frozenCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) return frozen({ ...value });
  return value.length === 0 ? NOTHING : Object.freeze(value.map(frozenCopy));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
