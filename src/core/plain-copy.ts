/** A copy that shares nothing with the original: what JSON would keep of it. Nested no deeper than a checked request. */
export function plainCopy<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return copied(toJSON.call(value));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
    // Defined, not set: a key may be "__proto__".
    Object.defineProperty(copy, key, { value: copied(item), enumerable: true, configurable: true, writable: true });
  }
  return copy;
}
