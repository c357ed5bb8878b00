import type { InputFile } from "./report-kind.js";

/** Accesses in order. `starts` says where each request's chain of prefix blocks begins; absent, each access stands alone. */
export interface Trace {
  readonly keys: Int32Array;
  readonly unique: number;
  readonly starts?: Int32Array;
  /** By key, bytes; absent: all alike. */
  readonly sizes?: Float64Array;
}

function numbered(): { readonly ids: Map<string, number>; of(name: string): number } {
  const ids = new Map<string, number>();
  return {
    ids,
    of(name) {
      const known = ids.get(name);
      if (known !== undefined) return known;
      ids.set(name, ids.size);
      return ids.size - 1;
    },
  };
}

/** Lines of `key`, or of `key,size`; a key counts with the largest size it ever has. */
export function parseKeys(file: InputFile): Trace {
  const lines = file.text.trim().split(/\r?\n/).slice(1);
  const names = numbered();
  const keys = new Int32Array(lines.length);
  const sizes: number[] = [];
  const sized = isSized(file);
  for (const [index, line] of lines.entries()) {
    const [name = "", size = "1"] = line.split(",");
    const key = names.of(name);
    keys[index] = key;
    if (sized) sizes[key] = Math.max(sizes[key] ?? 1, Number(size) || 1);
  }
  const unique = names.ids.size;
  return sized ? { keys, unique, sizes: Float64Array.from(sizes) } : { keys, unique };
}

export function isSized(file: InputFile): boolean {
  return /^key,size\b/.test(file.text);
}

/** JSON lines with `hash_ids`: the chain of prefix blocks of each request. */
export function parseBlocks(file: InputFile): Trace {
  const names = numbered();
  const keys: number[] = [];
  const starts: number[] = [];
  for (const line of file.text.trim().split(/\r?\n/)) {
    starts.push(keys.length);
    for (const id of (JSON.parse(line) as { hash_ids: number[] }).hash_ids) keys.push(names.of(String(id)));
  }
  return { keys: Int32Array.from(keys), unique: names.ids.size, starts: Int32Array.from(starts) };
}
