import { readRows } from "../json-lines.js";

/** A recorded HTTP answer and an independent reading of its bytes. */
export interface RecordedAnswer {
  readonly id: string;
  /** The host that answered. */
  readonly vendor: string;
  readonly wire: "openai" | "anthropic" | "responses";
  readonly status: number;
  /** Whether the body is a stream of events. */
  readonly stream: boolean;
  readonly model: string | null;
  /** Names of the tools that the request offered. */
  readonly tools: readonly string[];
  readonly body: string;
  readonly expect: Expectation;
}

/** What the bytes say, in the vendor's own words. `error`: they are a failure. */
export interface Expectation {
  readonly text?: string;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly finish?: string | null;
  readonly usage?: { readonly [name: string]: unknown } | null;
  readonly error?: unknown;
}

/** The answers of a JSON-lines file, gzipped or not. */
export function readAnswers(path: string): RecordedAnswer[] {
  return readRows(path).map((row, index) => {
    const isAnswer = typeof row.id === "string" && typeof row.body === "string" && typeof row.expect === "object";
    if (!isAnswer) throw new Error(`${path}, line ${index + 1}: not a recorded answer`);
    return row as unknown as RecordedAnswer;
  });
}
