import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ChatRequest } from "signalbox";
import type { Job } from "./load.js";

export interface BadLine {
  /** 1 for the first line. */
  readonly line: number;
  readonly problem: string;
}

/** Reads one chat request per line, gzip or not; a line may also hold `turns`, questions asked one after the other. */
export async function readRequests(path: string): Promise<{ jobs: Job[]; bad: BadLine[] }> {
  const jobs: Job[] = [];
  const bad: BadLine[] = [];
  let line = 0;
  for await (const text of linesOf(path)) {
    line += 1;
    if (text.trim() === "") continue;
    const read = readLine(line === 1 ? text.replace(/^\uFEFF/, "") : text, line);
    if ("problem" in read) bad.push(read);
    else jobs.push(read);
  }
  return { jobs, bad };
}

/** One line as a job, or what is wrong with it. The messages themselves are the router's to judge. */
export function readLine(text: string, line: number): Job | BadLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, problem: "not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { line, problem: "not a JSON object" };
  const { messages, turns, stream, ...request } = value as Record<string, unknown>;
  if (Array.isArray(messages)) {
    return { line, request, turns: [messages as ChatRequest["messages"]], streamed: stream === true };
  }
  if (!Array.isArray(turns)) return { line, problem: "holds neither messages nor turns" };
  if (turns.length === 0 || !turns.every((turn) => typeof turn === "string" && turn !== "")) {
    return { line, problem: "turns must be non-empty texts" };
  }
  return { line, request: {}, turns: turns.map((content: string) => [{ role: "user", content }]), streamed: true };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const bytes = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of bytes as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
