import { readRows } from "../json-lines.js";

/** A request of a trace: when, how long, and its prefix as a chain of block ids (a block id stands for all text up to it). */
export interface TraceRequest {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly blocks: readonly string[];
  /** The conversation it belongs to, told by the first block that is not shared by nearly everybody. */
  readonly conversation: string;
  /** Blocks and length: two requests with equal keys are taken to be equal. */
  readonly key: string;
}

/** Tokens that a block of the Mooncake traces stands for. */
export const BLOCK_TOKENS = 512;

/** Reads `timestamp`, `input_length`, `output_length`, `hash_ids` a line. */
export function readTrace(path: string): TraceRequest[] {
  const rows = readRows(path);
  const other = rows.findIndex((row) => !Array.isArray(row.hash_ids) || typeof row.input_length !== "number");
  if (rows.length === 0 || other >= 0) throw new Error(`${path} is not such a trace`);
  const counts = new Map<number, number>();
  for (const { hash_ids } of rows) for (const id of hash_ids as number[]) counts.set(id, (counts.get(id) ?? 0) + 1);
  const everybody = rows.length / 20;
  return rows.map((row) => {
    const ids = row.hash_ids as number[];
    const own = ids.find((id) => counts.get(id)! < everybody) ?? ids.at(-1) ?? 0;
    return {
      atMs: Number(row.timestamp),
      inputTokens: Number(row.input_length),
      outputTokens: Number(row.output_length),
      blocks: ids.map(String),
      conversation: String(own),
      key: `${ids.join(",")}/${String(row.input_length)}`,
    };
  });
}
