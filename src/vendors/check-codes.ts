import { ERROR_KINDS } from "../errors/kinds.js";
import { invalidOption } from "../errors/signalbox-error.js";

/**
 * Checks the `codes` option: tables by code and by finish reason, and a list of patterns.
 *
 * @throws SignalboxError `invalid_options` with the path of what is wrong, such as `codes.codes.1302.kind`.
 */
export function checkCodes(value: unknown, path: string): void {
  if (value === undefined) return;
  const { codes, patterns, finishReasons } = fieldsOf(
    value,
    path,
    "must be an object of codes, patterns, finishReasons",
  );
  for (const [name, table] of Object.entries({ codes, finishReasons })) {
    if (table === undefined) continue;
    for (const [code, meaning] of Object.entries(fieldsOf(table, `${path}.${name}`, "must be an object by code"))) {
      const at = `${path}.${name}.${code.slice(0, 64)}`;
      checkPatterns(checkKind(meaning, at).refine, `${at}.refine`);
    }
  }
  checkPatterns(patterns, `${path}.patterns`);
}

function checkPatterns(value: unknown, path: string): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) throw invalidOption(path, "must be a list");
  value.forEach((row: unknown, index) => {
    const at = `${path}[${index}]`;
    if (!(checkKind(row, at).pattern instanceof RegExp))
      throw invalidOption(`${at}.pattern`, "must be a regular expression");
  });
}

function checkKind(meaning: unknown, path: string): { readonly [field: string]: unknown } {
  const fields = fieldsOf(meaning, path, "must be an object with a kind");
  if (!ERROR_KINDS.some((kind) => kind === fields.kind)) throw invalidOption(`${path}.kind`, "must be a kind of error");
  return fields;
}

function fieldsOf(value: unknown, path: string, message: string): { readonly [field: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalidOption(path, message);
  return value as { readonly [field: string]: unknown };
}
