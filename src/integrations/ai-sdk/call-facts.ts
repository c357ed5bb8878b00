import type { SharedV3Warning } from "@ai-sdk/provider";

/** What is true of one call to an AI SDK model, and of no copy of its answer in a cache. */
export interface CallFacts {
  readonly warnings?: readonly SharedV3Warning[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly request?: { readonly body?: unknown } | undefined;
}

/** Under a symbol: it goes along with the object through the router, and is no part of its JSON. */
const FACTS = Symbol.for("signalbox.ai-sdk.call");

export function withCallFacts<Answer extends object>(answer: Answer, facts: CallFacts): Answer {
  return Object.assign(answer, { [FACTS]: facts });
}

/** The facts that came with a reply or with the first chunk of a stream. */
export function callFactsOf(answer: object | undefined): CallFacts {
  return (answer as { readonly [FACTS]?: CallFacts } | undefined)?.[FACTS] ?? {};
}
