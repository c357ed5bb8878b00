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

/** Of a line with `turns`: what goes into every request. Whatever else it holds is a data set's own. */
const SETTINGS = ["model", "models", "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed"];

/**
 * Reads one chat request per line, gzip or not; a line may also hold `turns`, questions asked one after the other, with
 * its `messages`, if any, before the first.
 */
export async function readRequests(path: string): Promise<{ jobs: Job[]; bad: BadLine[] }> {
  const jobs: Job[] = [];
  const bad: BadLine[] = [];
  let line = 0;
  try {
    for await (const text of linesOf(path)) {
      line += 1;
      if (text.trim() === "") continue;
      const read = readLine(line === 1 ? text.replace(/^\uFEFF/, "") : text, line);
      if ("problem" in read) bad.push(read);
      else jobs.push(read);
    }
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
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
  const before = Array.isArray(messages) ? (messages as ChatRequest["messages"]) : [];
  if (turns === undefined && Array.isArray(messages)) {
    return { line, request, turns: [before], streamed: stream === true };
  }
  if (!Array.isArray(turns)) return { line, problem: "holds neither messages nor turns" };
  if (turns.length === 0 || !turns.every((turn) => typeof turn === "string" && turn !== "")) {
    return { line, problem: "turns must be non-empty texts" };
  }
  const asked = turns.map((content: string, turn) => [
    ...(turn === 0 ? before : []),
    { role: "user" as const, content },
  ]);
  const settings = Object.fromEntries(Object.entries(request).filter(([name]) => SETTINGS.includes(name)));
  return { line, request: settings, turns: asked, streamed: stream !== false };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const bytes = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  const decoder = new TextDecoder();
  let begun: string[] = [];
  for await (const piece of bytes as AsyncIterable<Uint8Array>) {
    const lines = decoder.decode(piece, { stream: true }).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      yield [...begun, line].join("");
      begun = [];
    }
    begun.push(last);
  }
  const rest = begun.join("");
  if (rest !== "") yield rest;
}
