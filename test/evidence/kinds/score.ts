import type { Message } from "../../../src/chat/message.js";
import { createCharacteristics } from "../../../src/strategies/characteristics/characteristics.js";
import { readRows } from "../json-lines.js";

/** One labelled request. Written by hand for this purpose, apart from the examples that the rules were made from. */
export interface Labelled {
  readonly id: string;
  readonly lang: "en" | "zh";
  readonly kind: string;
  readonly text: string;
  readonly image?: boolean;
}

export interface ClassScore {
  readonly kind: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

export const KINDS = ["chat", "generate", "analyze", "debug", "plan", "search", "vision"] as const;

export function readLabelled(file: URL | string): Labelled[] {
  const rows = readRows(file);
  if (!rows.every(({ text, kind }) => typeof text === "string" && typeof kind === "string"))
    throw new Error(`${file} is not such a set: each line must hold \`text\` and \`kind\``);
  return rows as unknown as Labelled[];
}

export function messagesOf(row: Labelled): Message[] {
  if (row.image !== true) return [{ role: "user", content: row.text }];
  const picture = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } };
  return [{ role: "user", content: [{ type: "text", text: row.text }, picture] }];
}

/** What the library says. */
export function ours(row: Labelled): string {
  return createCharacteristics({ messages: messagesOf(row) }).kind;
}

/** The most frequent class, whatever was asked. */
export function majority(rows: readonly Labelled[]): (row: Labelled) => string {
  const counts = new Map<string, number>();
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ["chat"];
  return () => first;
}

const KEYWORDS: readonly (readonly [kind: string, words: readonly string[]])[] = [
  ["debug", ["debug", "error", "bug", "issue", "fix", "错误", "报错", "异常", "修复"]],
  ["analyze", ["analyze", "explain", "understand", "compare", "分析", "解释", "比较"]],
  ["generate", ["create", "generate", "write", "写", "生成"]],
  ["plan", ["plan", "schedule", "steps", "计划", "规划", "步骤"]],
  ["search", ["search", "find", "look up", "搜索", "查找", "查"]],
];

/** A handful of substrings per class, the first that fits, as such rules are usually written; pictures are seen. */
export function keyword(row: Labelled): string {
  if (row.image === true) return "vision";
  const text = row.text.toLowerCase();
  return KEYWORDS.find(([, words]) => words.some((word) => text.includes(word)))?.[0] ?? "chat";
}

export function scoresOf(rows: readonly Labelled[], classify: (row: Labelled) => string): ClassScore[] {
  const said = rows.map(classify);
  return KINDS.map((kind) => {
    let hit = 0;
    let claimed = 0;
    let support = 0;
    rows.forEach((row, i) => {
      if (row.kind === kind) support++;
      if (said[i] === kind) claimed++;
      if (row.kind === kind && said[i] === kind) hit++;
    });
    const precision = claimed === 0 ? 0 : hit / claimed;
    const recall = support === 0 ? 0 : hit / support;
    const f1 = hit === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { kind, precision, recall, f1, support };
  });
}

/** The mean over the classes that occur. */
export function macroF1(scores: readonly ClassScore[]): number {
  const present = scores.filter((score) => score.support > 0);
  return present.reduce((sum, score) => sum + score.f1, 0) / present.length;
}

export function accuracy(rows: readonly Labelled[], classify: (row: Labelled) => string): number {
  return rows.filter((row) => classify(row) === row.kind).length / rows.length;
}
