import { filterResults, filterWords } from "./filter-results.js";
import { SignalboxError } from "./signalbox-error.js";

/**
 * The error of an answer that its vendor's filter withheld whole.
 *
 * @param extensions what the vendor said besides, by provider: filter results may be among it.
 */
export function withheld(
  where: { readonly provider: string; readonly model: string },
  extensions: { readonly [provider: string]: unknown } | null | undefined,
): SignalboxError {
  const filtered = filterResults(extensions?.[where.provider]);
  const words = filtered === undefined ? "" : `: ${filterWords(filtered)}`;
  return new SignalboxError("content_filter", `${where.provider} withheld its answer${words}`, { ...where, filtered });
}
