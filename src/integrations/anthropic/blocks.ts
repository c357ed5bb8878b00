/** A content block of the Messages API, as it comes in or goes out. */
export type Block = { readonly type: string; readonly [field: string]: unknown };

/** A value as an object of fields; `{}` if it is none. */
export function fieldsOf(value: unknown): { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null ? (value as { readonly [field: string]: unknown }) : {};
}

/**
 * Tool arguments that are no JSON object travel as `{ INVALID_JSON: text }`, the form that Anthropic's documentation
 * names for them, and come back as the text they were.
 */
const INVALID = "INVALID_JSON";

/** Tool arguments as the `input` of a `tool_use` block. */
export function inputOf(text: string): unknown {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Handed on below.
  }
  return { [INVALID]: text };
}

/** The `input` of a `tool_use` block as arguments. */
export function argumentsOf(input: unknown): string {
  const invalid = fieldsOf(input)[INVALID];
  return typeof invalid === "string" ? invalid : JSON.stringify(input ?? {});
}
