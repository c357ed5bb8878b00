import { extractJson } from "./json-output.js";
import type { StandardIssue, StandardSchemaV1 } from "./standard-schema.js";

/** What keeps an answer from being what its schema asks for. */
export interface OutputIssue {
  /** Such as `items[2].name`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

export type OutputResult<Output> = { readonly value: Output } | { readonly issues: readonly OutputIssue[] };

/** Many answers break a rule once per item; nobody reads more than these. */
const MAX_ISSUES = 20;

/**
 * The JSON in a model's answer, held against a Standard Schema. Fences and prose around the JSON are tolerated.
 * Never throws: a schema that does is one issue.
 */
export async function validateOutput<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  text: string,
): Promise<OutputResult<Output>> {
  const found = extractJson(text);
  if (found === null) return { issues: [{ path: "", message: "the answer holds no JSON" }] };
  try {
    const result = await schema["~standard"].validate(found.value);
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
