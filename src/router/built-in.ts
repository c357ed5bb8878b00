import type { Feature } from "../contract/feature.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { RouterOptions } from "./options.js";
import type { Kit } from "./parts.js";

const BUILT_IN = Symbol("signalbox.built-in");

/** What a built-in feature brings: options, as the preset's `createRouter` takes them, and the code that they need. */
export interface BuiltIn {
  readonly options: Partial<RouterOptions>;
  readonly kit: Partial<Kit>;
}

/** A built-in feature and its own methods. */
export function builtInFeature<Methods extends object>(
  name: string,
  brings: BuiltIn,
  methods: Methods,
): Feature & Methods {
  return { name, ...methods, [BUILT_IN]: brings };
}

/** What a feature brings, if it is a built-in one. */
function broughtBy(feature: object): BuiltIn | undefined {
  return (feature as { readonly [BUILT_IN]?: BuiltIn })[BUILT_IN];
}

/**
 * Options and code of a router with the built-in features of its `use` taken in; the user's own features stay there.
 *
 * @throws SignalboxError `invalid_options` where two features, or a feature and an option, set the same
 */
export function withBuiltIns(
  options: RouterOptions,
  base: Kit,
): { readonly options: RouterOptions; readonly kit: Kit } {
  // What is no object at all is refused by the check of the options.
  const use: unknown = isObject(options) ? options.use : undefined;
  if (!Array.isArray(use) || !use.some((feature) => isObject(feature) && broughtBy(feature)))
    return { options, kit: base };
  const own: Feature[] = [];
  const merged: { [option: string]: unknown } = { ...options };
  const kit: { [member: string]: unknown } = { ...base };
  for (const [index, feature] of (use as readonly Feature[]).entries()) {
    const brought = isObject(feature) ? broughtBy(feature) : undefined;
    if (!brought) {
      own.push(feature);
      continue;
    }
    for (const [option, value] of Object.entries(brought.options)) {
      if (value === undefined) continue;
      if (merged[option] !== undefined) {
        throw invalidOption(`use[${index}]`, `is "${feature.name}", which sets \`${option}\` a second time`);
      }
      merged[option] = value;
    }
    Object.assign(kit, brought.kit);
  }
  return { options: { ...merged, use: own } as unknown as RouterOptions, kit: kit as unknown as Kit };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
