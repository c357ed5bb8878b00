import type { JSONObject, SharedV3ProviderMetadata } from "@ai-sdk/provider";
import type { ProviderState } from "../../chat/message.js";

/** The name under which we speak in `providerMetadata` and `providerOptions`. */
export const OURS = "signalbox";

/** What an issuer needs back rides on one of the parts of its answer; the AI SDK hands it back with that part. */
export function stateAsMetadata(state: ProviderState): SharedV3ProviderMetadata {
  return { [OURS]: { providerState: jsonObject(state) } };
}

/** The state that a part of the history carries, or `undefined`. */
export function stateOf(options: { readonly [provider: string]: unknown } | undefined): ProviderState | undefined {
  const state = field(field(options, OURS), "providerState");
  return typeof field(state, "issuer") === "string" ? (state as unknown as ProviderState) : undefined;
}

/** Plain JSON: what would vanish on a wire (`undefined`, functions) is left out already here. */
export function jsonObject(value: object): JSONObject {
  return JSON.parse(JSON.stringify(value)) as JSONObject;
}

export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as { [name: string]: unknown })[name] : undefined;
}
