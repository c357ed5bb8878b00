import { field } from "./error-body.js";

/** A category of a vendor's content filter that was found in the prompt or the answer. */
export interface FilteredCategory {
  /** In the vendor's words, such as `"violence"` or `"jailbreak"`. */
  readonly category: string;
  /** In the vendor's words, such as `"medium"`; absent where it only says yes or no. */
  readonly severity?: string | undefined;
}

/** More than any vendor has; a hostile body may hold more. */
const MAX_CATEGORIES = 16;
const WORD = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

/**
 * What a vendor's filter says that it found: Azure OpenAI's `content_filter_result(s)`, in an error or beside an answer.
 * `undefined` where it says nothing. Never throws.
 */
export function filterResults(body: unknown): readonly FilteredCategory[] | undefined {
  const error = field(body, "error") ?? body;
  const inner = field(error, "innererror") ?? field(error, "inner_error");
  const places = [
    inner,
    error,
    body,
    field(field(body, "choices"), "0"),
    field(field(body, "prompt_filter_results"), "0"),
  ];
  const found: FilteredCategory[] = [];
  for (const place of places) {
    const results = field(place, "content_filter_results") ?? field(place, "content_filter_result");
    if (typeof results !== "object" || results === null) continue;
    for (const category of Object.keys(results).slice(0, MAX_CATEGORIES)) {
      const result = field(results, category);
      if (field(result, "filtered") !== true || !WORD.test(category)) continue;
      if (found.some((known) => known.category === category)) continue;
      const severity = field(result, "severity");
      found.push(typeof severity === "string" && WORD.test(severity) ? { category, severity } : { category });
    }
  }
  return found.length > 0 ? found.slice(0, MAX_CATEGORIES) : undefined;
}

/** The same in words: `violence (medium), jailbreak`. */
export function filterWords(found: readonly FilteredCategory[] | undefined): string {
  return (found ?? []).map(({ category, severity }) => (severity ? `${category} (${severity})` : category)).join(", ");
}
