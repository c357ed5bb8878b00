import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The text of a file, gzipped or not; what goes wrong names the file. */
export function readText(path: string | URL): string {
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Rows of a JSON-lines file, gzipped or not. */
export function readRows(path: string | URL): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (const [index, line] of readText(path)
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const row = parsed(line);
    if (typeof row !== "object" || row === null) throw new Error(`${path}, line ${index + 1}: not a JSON object`);
    rows.push(row as Record<string, unknown>);
  }
  return rows;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
