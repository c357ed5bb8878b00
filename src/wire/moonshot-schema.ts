type Schema = { [key: string]: unknown };

const MAX_DEPTH = 32;

/**
 * A copy of a JSON Schema inside Moonshot's subset: an object at the root, a `type` on every property, `prefixItems`
 * for tuples, and a `type` beside `anyOf` moved into its branches. The caller's schema is not touched.
 */
export function toMoonshotSchema(schema: { readonly [key: string]: unknown } | null | undefined): Schema {
  const root = convert(schema ?? {}, 0);
  if (root.type !== "object") root.type = "object";
  root.properties ??= {};
  return root;
}

function convert(given: { readonly [key: string]: unknown }, depth: number): Schema {
  const schema: Schema = {};
  for (const key of Object.keys(given)) if (key !== "$schema" && key !== "__proto__") schema[key] = given[key];
  if (depth > MAX_DEPTH) return schema;
  if (Array.isArray(schema.items)) {
    schema.prefixItems = schema.items;
    delete schema.items;
  }
  for (const key of ["properties", "$defs", "definitions", "patternProperties"]) {
    const map = schema[key];
    if (isSchema(map))
      schema[key] = mapValues(map, (value) => (isSchema(value) ? typed(convert(value, depth + 1)) : value));
  }
  for (const key of ["items", "additionalProperties", "not"]) {
    const inner = schema[key];
    if (isSchema(inner)) schema[key] = typed(convert(inner, depth + 1));
  }
  for (const key of ["anyOf", "oneOf", "allOf", "prefixItems"]) {
    const list = schema[key];
    if (Array.isArray(list))
      schema[key] = list.map((item) => (isSchema(item) ? typed(convert(item, depth + 1)) : item));
  }
  moveTypeInto(schema, "anyOf");
  moveTypeInto(schema, "oneOf");
  return schema;
}

function moveTypeInto(schema: Schema, key: "anyOf" | "oneOf"): void {
  const branches = schema[key];
  if (!Array.isArray(branches) || schema.type === undefined) return;
  const { type } = schema;
  schema[key] = branches.map((branch) =>
    isSchema(branch) && branch.type === undefined ? { type, ...branch } : branch,
  );
  delete schema.type;
}

/** Every place that describes a value says what type it is; what the schema shows decides, text where it shows nothing. */
function typed(schema: Schema): Schema {
  if (schema.type !== undefined || schema.anyOf || schema.oneOf || schema.allOf || schema.$ref) return schema;
  return { type: guess(schema), ...schema };
}

function guess(schema: Schema): string {
  if (schema.properties !== undefined || schema.additionalProperties !== undefined) return "object";
  if (schema.items !== undefined || schema.prefixItems !== undefined) return "array";
  const sample = Array.isArray(schema.enum) ? schema.enum[0] : schema.const;
  if (typeof sample === "number") return Number.isInteger(sample) ? "integer" : "number";
  if (typeof sample === "boolean") return "boolean";
  if (schema.minimum !== undefined || schema.maximum !== undefined) return "number";
  return "string";
}

function mapValues(map: Schema, change: (value: unknown) => unknown): Schema {
  const out: Schema = {};
  for (const key of Object.keys(map)) if (key !== "__proto__") out[key] = change(map[key]);
  return out;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
