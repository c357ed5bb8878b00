import type { Usage } from "../../chat/usage.js";
import type { AnyProvider } from "../../contract/provider.js";

/** A failure that every upstream can show. */
export type UpstreamFailure = "auth" | "rate_limit" | "overloaded" | "server";

/** What the upstream behind the provider is to do. */
export interface ProviderScenario {
  /** Its name. */
  readonly name: "text" | "echo" | "reasoning" | "tool_call" | "failure" | "hang" | "endless" | "cut";
  /** The text it says; of `cut` and `endless`, the beginning; `echo` says the text of the last message. */
  readonly text?: string | undefined;
  /** The thinking that comes before the answer. */
  readonly reasoning?: string | undefined;
  /** The call that the model makes. */
  readonly toolCall?: { readonly id: string; readonly name: string; readonly arguments: string } | undefined;
  /** The tokens that the vendor tells. */
  readonly usage?: Usage | undefined;
  /** How the vendor fails. */
  readonly failure?: UpstreamFailure | undefined;
}

/** A provider with an upstream that plays a scenario. */
export interface ProviderUnderTest {
  /** The provider to test. */
  readonly provider: AnyProvider;
  /** What the upstream saw, where it can be seen. */
  readonly upstream?: { calls(): number; aborted(): number } | undefined;
  /** Ends it and frees what it holds. */
  close?(): Promise<void> | void;
}

/** What a provider may not have; cases that need it are left out. */
export type ConformanceFeature = "echo" | "reasoning" | "tools" | "reports" | "exact_usage" | "cut" | "failures";

/** Options of `providerConformance`. */
export interface ProviderConformanceOptions {
  /** Makes a fresh provider for a case. */
  setUp(scenario: ProviderScenario): ProviderUnderTest | Promise<ProviderUnderTest>;
  /** Features that this provider does not have. @default none */
  readonly without?: readonly ConformanceFeature[] | undefined;
  /** Keys that may show nowhere. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** Milliseconds a case waits for something to happen upstream. @default 5000 */
  readonly patienceMs?: number | undefined;
}

const USAGE: Usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 };

export const TEXT: ProviderScenario = { name: "text", text: "Hello, Wörld 🚂: the line is clear.", usage: USAGE };
export const ECHO: ProviderScenario = { name: "echo", usage: USAGE };
export const REASONING: ProviderScenario = {
  name: "reasoning",
  reasoning: "Let me see.",
  text: "It is 42.",
  usage: USAGE,
};
export const TOOL_CALL: ProviderScenario = {
  name: "tool_call",
  toolCall: { id: "call_conformance_1", name: "get_weather", arguments: '{"city":"Köln"}' },
  usage: USAGE,
};
export const HANG: ProviderScenario = { name: "hang" };
export const ENDLESS: ProviderScenario = { name: "endless", text: "on and on " };
export const CUT: ProviderScenario = { name: "cut", text: "The answer is" };

/** A scenario in which the upstream refuses. */
export function failing(failure: UpstreamFailure): ProviderScenario {
  return { name: "failure", failure };
}
