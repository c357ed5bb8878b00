import { ratio } from "./table.js";

/** What is said over all traces at the end: the default against LRU and S3-FIFO at 10 %. */
export function summary(rows: readonly (readonly number[])[]): string[] {
  if (rows.length < 2) return [];
  const mean = (column: number) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0) / rows.length;
  const behind = rows.map(([ours = 0, plain = 0, s3 = 0]) => Math.max(plain, s3) - ours);
  const worst = Math.max(...behind);
  return [
    `Over ${rows.length} traces at 10 %: mean ${ratio(mean(0))} (ageing), ${ratio(mean(1))} (lru), ${ratio(mean(2))} (s3-fifo);`,
    worst > 0
      ? `ageing is never more than ${ratio(worst)} behind the better of the two.`
      : "ageing is ahead of the better of the two on every one.",
  ];
}
