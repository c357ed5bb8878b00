import { EventEmitter } from "eventemitter3";

/** Any listener, as the emitter underneath keeps it. */
type Listener = (event: never) => void;

/** A typed event emitter whose listeners cannot touch the one who emits. */
export interface ContainedEmitter<Events extends object> {
  /** Whether anyone listens: ask before building an event. */
  has(name: keyof Events & string): boolean;
  /** Hands every listener a frozen copy of the event. A throw or a rejected promise goes to `onFault`, never further. */
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
      const told = frozenCopy(event);
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

/** All the way down: an event shares nothing that a listener could change with a reply, an error or an option. */
function frozenCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = frozenCopy(item);
  return Object.freeze(copy);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
