import type { LanguageModelV3CallOptions, SharedV3Warning } from "@ai-sdk/provider";

/** What has a place in our messages: marks of prompt caches, and how closely to look at a picture. */
const CARRIED: ReadonlySet<string> = new Set(["cacheControl", "cache_control", "imageDetail"]);

type Optioned = { readonly providerOptions?: { readonly [provider: string]: unknown } | undefined };

/**
 * Warns, once for each, of what an app wrote that goes nowhere: headers, which are no business of whatever vendor is
 * chosen, and `providerOptions` of single messages and tools. Those of an answer's parts come from the AI SDK itself.
 */
export function warnOfDropped(
  { headers = {}, prompt, tools = [] }: LanguageModelV3CallOptions,
  warnings: SharedV3Warning[],
): void {
  const dropped = (feature: string, names: readonly string[], instead: string): void => {
    if (names.length > 0) warnings.push({ type: "unsupported", feature, details: `${names.join(", ")}: ${instead}` });
  };
  const named = new Set<string>();
  const look = ({ providerOptions }: Optioned): void => {
    for (const [name, own] of Object.entries(providerOptions ?? {})) {
      const lost = Object.keys(own ?? {}).some((option) => !CARRIED.has(option));
      if (lost) named.add(name);
    }
  };
  for (const message of prompt) {
    look(message);
    if (message.role === "user") for (const part of message.content) look(part);
  }
  for (const tool of tools) if (tool.type === "function") look(tool);
  dropped("providerOptions of a message, part or tool", [...named], "only those of the whole call reach a provider");
  // The AI SDK names itself in every call.
  const told = Object.keys(headers).filter(
    (name) => name.toLowerCase() !== "user-agent" && headers[name] !== undefined,
  );
  dropped("headers", told, "give them to the provider when it is made");
}
