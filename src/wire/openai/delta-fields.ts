/** The calls of a delta or message; the one call of servers that know only the retired form. */
export function ownCalls({
  tool_calls: calls,
  function_call: call,
}: {
  readonly [field: string]: unknown;
}): readonly unknown[] {
  const given: readonly unknown[] = Array.isArray(calls) ? calls : [];
  return call && given.length === 0 ? [{ index: 0, function: call }] : given;
}

/** Whether a message or delta holds more than a role and empty fields. */
export function saysSomething(source: { readonly [field: string]: unknown }): boolean {
  for (const field in source) {
    const value = source[field];
    if (field === "role" || value === null || value === undefined || value === "") continue;
    if (!Array.isArray(value) || value.length > 0) return true;
  }
  return false;
}
