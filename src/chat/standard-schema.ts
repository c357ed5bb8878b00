/**
 * What zod, valibot, arktype and others have in common (standardschema.dev, version 1), as far as it is used here:
 * a schema of any of them can be handed in.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  /** The members that every such schema has: version, vendor, validate. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Newer schemas can write themselves as JSON Schema. */
    readonly jsonSchema?:
      | { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
      | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of what a schema lets through. */
export type InferOutput<Schema extends StandardSchemaV1> = NonNullable<Schema["~standard"]["types"]>["output"];

/** Whether a value is a schema that {@link validateOutput} can use. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as { "~standard"?: unknown })["~standard"];
  if (typeof standard !== "object" || standard === null) return false;
  const { version, validate } = standard as { version?: unknown; validate?: unknown };
  return version === 1 && typeof validate === "function";
}

/** The schema as JSON Schema, for `response_format` or a prompt; `null` where it cannot say. */
export function jsonSchemaOf(schema: StandardSchemaV1): Record<string, unknown> | null {
  const convert = schema["~standard"].jsonSchema?.input;
  if (convert === undefined) return null;
  try {
    return convert({ target: "draft-2020-12" });
  } catch {
    return null;
  }
}

/** What to tell a model that has no JSON mode. */
export function jsonInstruction(schema: StandardSchemaV1): string {
  const json = jsonSchemaOf(schema);
  const shape = json === null ? "" : ` It must match this JSON Schema:\n${JSON.stringify(json)}`;
  return `Answer with one JSON value and nothing else: no fences, no comments.${shape}`;
}
