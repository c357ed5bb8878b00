import { createCharacteristics } from "../../../src/strategies/characteristics/characteristics.js";
import { readRows } from "../json-lines.js";

/** A prompt, and how hard it proved to be: the share of models that failed it, 0..1. */
export interface Graded {
  readonly prompt: string;
  readonly difficulty: number;
  /** The set it comes from, where the file has several. */
  readonly group: string;
}

/** Reads per-prompt outcomes: `ok` by model, `models` with scores, or `weak` and `strong`, one JSON object per line. */
export function readGraded(file: string): Graded[] {
  const graded: Graded[] = [];
  for (const row of readRows(file)) {
    const failed = failures(row);
    if (typeof row.prompt !== "string" || failed.length === 0) continue;
    const group = typeof row.task === "string" ? row.task : "all";
    graded.push({ prompt: row.prompt, difficulty: mean(failed), group });
  }
  if (graded.length === 0) throw new Error(`${file} holds no outcomes per prompt`);
  return graded;
}

function failures(row: Record<string, unknown>): number[] {
  const { ok, models, weak, strong } = row;
  if (typeof ok === "object" && ok !== null) return Object.values(ok).map((right) => 1 - Number(right));
  if (typeof models === "object" && models !== null) {
    return Object.values(models as Record<string, { score: number }>).map(({ score }) => 1 - score);
  }
  return typeof weak === "number" && typeof strong === "number" ? [1 - weak, 1 - strong] : [];
}

export function complexity(prompt: string): number {
  return createCharacteristics({ messages: [{ role: "user", content: prompt }] }).complexity;
}

/** Spearman's rank correlation, ties at their mean rank. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  return pearson(ranks(a), ranks(b));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((x, y) => x.value - y.value);
  const rank: number[] = new Array(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && order[to]?.value === order[from]?.value) to++;
    for (let k = from; k < to; k++) rank[order[k]?.i ?? 0] = (from + to - 1) / 2;
    from = to;
  }
  return rank;
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    const [da, db] = [x - ma, (b[i] ?? 0) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  });
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
