import type { ModelInfo } from "../contract/provider.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/**
 * The model a request names at this provider: an id, `"provider/id"`, or the first automatic one for `"auto"` and none.
 *
 * @throws SignalboxError `invalid_request` with path `model`.
 */
export function resolveModel(
  wish: string | null | undefined,
  provider: string,
  models: readonly ModelInfo[],
  autoModels: readonly string[] | undefined,
): ModelInfo {
  const first = autoModels?.[0] ?? models[0]?.id;
  const named = wish === undefined || wish === null || wish === "auto" ? first : wish;
  const prefix = `${provider}/`;
  const found =
    models.find((model) => model.id === named) ??
    models.find((model) => named?.startsWith(prefix) && model.id === named.slice(prefix.length));
  if (found !== undefined) return found;
  throw new SignalboxError("invalid_request", `model: ${provider} offers no such model`, {
    path: "model",
    detail: "unknown_model",
    provider,
  });
}
