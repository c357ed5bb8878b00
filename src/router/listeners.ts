import type { EventMap, EventName } from "../contract/events.js";
import { invalidOption } from "../errors/signalbox-error.js";

const NAMES: { readonly [name in EventName]: true } = {
  request: true,
  decision: true,
  attempt: true,
  retry: true,
  fallback: true,
  cache: true,
  breaker: true,
  health: true,
  degraded: true,
  budget: true,
  warning: true,
  done: true,
};

/** Every name that `router.on` takes. */
export const EVENT_NAMES: readonly EventName[] = Object.freeze(Object.keys(NAMES) as EventName[]);

/** A misspelt event would never be heard. @throws SignalboxError `invalid_options` */
export function checkedListener<Name extends EventName>(
  name: Name,
  listener: (event: EventMap[Name]) => void,
): (event: EventMap[Name]) => void {
  if (!Object.hasOwn(NAMES, name)) throw invalidOption("name", `must be one of ${EVENT_NAMES.join(", ")}`);
  if (typeof listener !== "function") throw invalidOption("listener", "must be a function");
  return listener;
}
