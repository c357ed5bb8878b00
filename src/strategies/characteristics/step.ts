import type { Message } from "../../chat/message.js";
import type { ChatRequest } from "../../chat/request.js";
import { askedChars, LONG_TEXT } from "./material.js";

/** What kind of step a request is, in the work that its messages tell of. */
export interface Step {
  /**
   * `"question"`: somebody asks. `"grounded"`: somebody asks about material that stands in the messages. `"opening"`: an
   * agent that works on files or in a shell, before its first look around. `"tools"`: an agent in the middle of its work.
   */
  readonly kind: "question" | "grounded" | "opening" | "tools";
  /** Characters that ask, in the last user message. */
  readonly askedChars: number;
  /** Of the latest tool results, the share that shows program code or its errors, 0..1. */
  readonly code: number;
}

/** Tool results looked at, latest first, and characters and lines of each. */
const RESULTS = 8;
const RESULT_CHARS = 3_000;
/** Lines of code that make a result one of code. */
const CODE_LINES = 2;

/** A line of a program, of a difference between two, or of an error's stack, in the usual languages. */
const CODE_LINE =
  /^\s*(?:\d+[:\t ]\s*)?(?:(?:export |async |public |private |protected |static |final )*(?:def|class|function|fn|func|interface|struct|impl|namespace|module)\s\w|import\s[\w{*"']|from\s[\w.]+\simport|#include|using\s\w|package\s\w|return\b|raise\s|throw\s|(?:const|let|var)\s\w|(?:if|for|while|elif|else|try|except|catch|switch)\b.*[:{]\s*$|assert\b|@@\s|diff --git|[+-]{3}\s[ab]\/|Traceback|File ".*", line \d|at\s.+:\d+(?::\d+)?\)?\s*$)|\.(?:py|ts|tsx|js|jsx|mjs|java|go|rs|c|cc|cpp|h|hpp|rb|php|cs|kt|swift|scala)\b/;

/** Tools that look around before they change something: a shell, files. By their names, or by what a system message says. */
const LOOKS_AROUND =
  /(?:^|[^a-z])(?:shell|bash|terminal|command line|exec|run_command|apply_patch|(?:read|write|edit|list|search|view|open)[_ -]?(?:files?|dir\w*))(?![a-z])|终端|命令行|读取文件/i;

/** Reads where in its work a request stands: what the last message is, what tools have shown, what is only material. */
export function readStep({ messages, tools }: ChatRequest): Step {
  let results = 0;
  let code = 0;
  let asked: Message | undefined;
  let material = false;
  let agent = false;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at]!;
    if (message.role === "tool") {
      if (results >= RESULTS) continue;
      results += 1;
      if (showsCode(textOf(message))) code += 1;
    } else if (message.role === "user") {
      const chars = lengthOf(message);
      if (asked === undefined) asked = message;
      else if (chars >= LONG_TEXT) material = true;
    } else if (message.role === "system" || message.role === "developer") {
      agent ||= LOOKS_AROUND.test(textOf(message).slice(0, RESULT_CHARS));
    }
  }
  const text = asked === undefined ? "" : textOf(asked);
  const chars = askedChars(text);
  if (results > 0) return { kind: "tools", askedChars: chars, code: code / results };
  if (agent || tools?.some(looksAround)) return { kind: "opening", askedChars: chars, code: 0 };
  const quotes = text.length - chars >= LONG_TEXT / 2;
  return { kind: material || quotes ? "grounded" : "question", askedChars: chars, code: 0 };
}

function looksAround(tool: NonNullable<ChatRequest["tools"]>[number]): boolean {
  return tool.type === "function" && LOOKS_AROUND.test(tool.function.name);
}

function showsCode(text: string): boolean {
  let lines = 0;
  for (const line of text.slice(0, RESULT_CHARS).split("\n")) {
    if (CODE_LINE.test(line.slice(0, 200)) && ++lines >= CODE_LINES) return true;
  }
  return false;
}

function textOf({ content }: Message): string {
  if (typeof content === "string") return content;
  let text = "";
  if (Array.isArray(content)) for (const part of content) if (part.type === "text") text += `${part.text}\n`;
  return text;
}

function lengthOf({ content }: Message): number {
  if (typeof content === "string") return content.length;
  let chars = 0;
  if (Array.isArray(content)) for (const part of content) if (part.type === "text") chars += part.text.length;
  return chars;
}
