import { brokenJson, extractJson } from "./json-output.js";
import { type RepairJson, repairedJson } from "./repair-json.js";
import type { StandardIssue, StandardSchemaV1 } from "./standard-schema.js";

/** What keeps an answer from being what its schema asks for. */
export interface OutputIssue {
  /** Such as `items[2].name`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

export type OutputResult<Output> =
  | { readonly value: Output /** Whether the JSON had to be mended. */; readonly repaired?: true }
  | { readonly issues: readonly OutputIssue[] };

/** Many answers break a rule once per item; nobody reads more than these. */
const MAX_ISSUES = 20;

/**
 * The JSON in a model's answer, held against a Standard Schema. Fences and prose around the JSON are tolerated; JSON that
 * is nearly right is mended if `repair` is given. Never throws: a schema that does is one issue.
 */
export async function validateOutput<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  text: string,
  repair?: RepairJson | undefined,
): Promise<OutputResult<Output>> {
  // First of all, for a part of what is broken may be JSON by itself.
  for (const broken of repair ? brokenJson(text) : []) {
    const mended = repair && repairedJson(broken, repair);
    const result = mended && (await validate(schema, mended.value));
    if (result && "value" in result) return { ...result, repaired: true };
  }
  const found = extractJson(text);
  if (found === null) return { issues: [{ path: "", message: "the answer holds no JSON" }] };
  return validate(schema, found.value);
}

async function validate<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
): Promise<OutputResult<Output>> {
  try {
    const result = await schema["~standard"].validate(value);
    if (result.issues === undefined) return { value: result.value };
    return { issues: result.issues.slice(0, MAX_ISSUES).map(issueOf) };
  } catch {
    return { issues: [{ path: "", message: "the schema itself failed" }] };
  }
}

function issueOf({ message, path }: StandardIssue): OutputIssue {
  let text = "";
  for (const segment of path ?? []) {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return { path: text, message };
}
