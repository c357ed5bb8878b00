import type { Metadata } from "./model-like.js";
import { field } from "./part-state.js";

type Options = { readonly [provider: string]: unknown } | undefined;

/** The place in a prompt cache that an app marks: `{ anthropic: { cacheControl } }`, whoever the vendor. */
export function cacheMark(...options: readonly Options[]): unknown {
  for (const given of options) {
    for (const own of Object.values(given ?? {})) {
      const mark = field(own, "cacheControl") ?? field(own, "cache_control");
      if (mark !== undefined && mark !== null) return mark;
    }
  }
  return undefined;
}

/** The part, with its mark if it has one. */
export function withMark<Part extends object>(part: Part, mark: unknown): Part {
  return mark === undefined ? part : Object.assign(part, { cache_control: mark });
}

/** The mark of one of our parts, messages or tools in the words of the AI SDK. */
export function markOptions(part: object): { readonly providerOptions?: Metadata } {
  const mark = field(part, "cache_control");
  return mark === undefined || mark === null ? {} : { providerOptions: { anthropic: { cacheControl: mark } } };
}
