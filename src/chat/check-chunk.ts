import { isObject } from "./check-value.js";
import type { ChatChunk } from "./chunk.js";

/** Whether a value that a provider streamed can be read as a chunk. Cheap: every chunk of foreign code passes here. */
export function isChunk(value: unknown): value is ChatChunk {
  if (!isObject(value) || !Array.isArray(value.choices)) return false;
  const choice: unknown = value.choices[0];
  if (choice === undefined) return true;
  if (!isObject(choice)) return false;
  const { delta } = choice;
  if (delta === undefined || delta === null) return true;
  return isObject(delta) && isText(delta.content) && isText(delta.reasoning_content) && areCalls(delta.tool_calls);
}

function isText(value: unknown): boolean {
  return typeof value === "string" || value === undefined || value === null;
}

function areCalls(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isObject));
}
