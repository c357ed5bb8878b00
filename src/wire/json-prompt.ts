import type { ResponseFormat } from "../chat/request.js";

/** What to write into the prompt for a model that cannot be held to a JSON mode; `undefined` where nothing is needed. */
export function jsonModeInstruction(format: ResponseFormat, mode: "schema" | "object" | "none"): string | undefined {
  if (format.type === "text" || mode === "schema") return undefined;
  if (format.type === "json_object") {
    return mode === "none" ? "Answer with one JSON object and nothing else: no fences, no comment." : undefined;
  }
  const { schema, description } = format.json_schema;
  const what = description ? ` (${description})` : "";
  const rule = schema === undefined ? "" : ` It must match this JSON Schema:\n${JSON.stringify(schema)}`;
  return `Answer with one JSON object${what} and nothing else: no fences, no comment.${rule}`;
}
