/** What is wrong with a request, and where. */
export interface RequestIssue {
  /** Such as `messages[2].role`. */
  readonly path: string;
  readonly message: string;
}

export type Fields = Record<string, unknown>;

/** Nesting beyond this is refused: no vendor reads it, and it is how a circular value shows. */
export const MAX_REQUEST_DEPTH = 64;

export function issue(path: string, message: string): RequestIssue {
  return { path, message };
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is passed on as it is only has to be JSON. */
export function checkJson(value: unknown, path: string): RequestIssue | null {
  const wrong = wrongWith(value, 1);
  return wrong === null ? null : issue(path, wrong);
}

function wrongWith(value: unknown, depth: number): string | null {
  if (typeof value === "bigint") return "must be JSON: a bigint is not";
  if (typeof value !== "object" || value === null) return null;
  if (depth > MAX_REQUEST_DEPTH) return `must be JSON: nested deeper than ${MAX_REQUEST_DEPTH}, or circular`;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const wrong = wrongWith(value[i], depth + 1);
      if (wrong !== null) return wrong;
    }
    return null;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return wrongWith(toJSON.call(value), depth + 1);
  for (const key of Object.keys(value)) {
    const wrong = wrongWith((value as Fields)[key], depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}
