import { assertBaseUrl } from "../wire/guard.js";

/**
 * A base URL in the one form that paths are appended to: people paste it with a slash, with the whole
 * `/chat/completions` or `/v1/messages`; the Anthropic wire adds `/v1` itself.
 *
 * @throws SignalboxError `invalid_options` with path `baseURL`.
 */
export function readBaseUrl(
  value: unknown,
  wire: "openai" | "anthropic" | "responses",
  allowInsecureHttp: boolean | undefined,
): string {
  const url = assertBaseUrl(value, "baseURL", { allowInsecureHttp });
  if (wire === "responses") return url.replace(/\/responses$/, "");
  if (wire === "openai") return url.replace(/\/chat\/completions$/, "");
  return url.replace(/\/messages$/, "").replace(/\/v1$/, "");
}
