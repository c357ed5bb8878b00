import { MAX_REQUEST_DEPTH } from "./check-value.js";
import type { ChatRequest } from "./request.js";
import { estimateTextTokens } from "./text-tokens.js";

const PER_MESSAGE = 4;
const PER_REQUEST = 40;
const JSON_PER_TOKEN = 3;
/** Flat tokens per picture: what Moonshot bills; others say nothing. */
export const TOKENS_PER_IMAGE = 1_024;
/** Flat tokens per sound or file part, whose length in tokens nobody can read off base64. */
const TOKENS_PER_ATTACHMENT = 1_024;

/** Estimated tokens a vendor will count for a request: text, tools and pictures by rule; never the length of base64. */
export function estimateRequestTokens(request: ChatRequest): number {
  return sumOf(request, estimateTextTokens);
}

/** The same for the messages up to and with `boundary`, tools included: what a vendor may hold in its prefix cache. */
export function prefixTokens(request: ChatRequest, boundary: number): number {
  if (boundary >= request.messages.length - 1) return estimateRequestTokens(request);
  return estimateRequestTokens({ ...request, messages: request.messages.slice(0, boundary + 1) });
}

/**
 * A cheap upper bound on {@link estimateRequestTokens}: where even this fits a model's window, the estimate can wait.
 * Reads lengths, not characters.
 */
export function requestChars(request: ChatRequest): number {
  return sumOf(request, lengthOf);
}

const lengthOf = (text: string) => text.length;

function sumOf(request: ChatRequest, measure: (text: string) => number): number {
  const { messages } = request;
  let sum = PER_REQUEST;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (message === undefined) continue;
    sum += PER_MESSAGE + contentTokens(message.content, measure);
    if (message.role === "assistant") {
      const calls = message.tool_calls;
      if (calls) for (const call of calls) sum += Math.ceil(jsonLength(call, MAX_REQUEST_DEPTH) / JSON_PER_TOKEN);
      if (typeof message.reasoning_content === "string") sum += measure(message.reasoning_content);
    }
  }
  if (request.tools) sum += Math.ceil(jsonLength(request.tools, MAX_REQUEST_DEPTH) / JSON_PER_TOKEN);
  const format = request.response_format;
  if (format && format.type === "json_schema") {
    sum += Math.ceil(jsonLength(format.json_schema, MAX_REQUEST_DEPTH) / JSON_PER_TOKEN);
  }
  return sum;
}

function contentTokens(content: unknown, measure: (text: string) => number): number {
  if (typeof content === "string") return measure(content);
  if (!Array.isArray(content)) return 0;
  let sum = 0;
  for (let i = 0; i < content.length; i++) {
    const part = content[i] as { type?: unknown; text?: unknown; refusal?: unknown } | null;
    if (typeof part !== "object" || part === null) continue;
    if (typeof part.text === "string") sum += measure(part.text);
    else if (typeof part.refusal === "string") sum += measure(part.refusal);
    else sum += part.type === "image_url" ? TOKENS_PER_IMAGE : TOKENS_PER_ATTACHMENT;
  }
  return sum;
}

/** About how long the JSON of a value is, without making it. */
function jsonLength(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return value === undefined ? 0 : 5;
  if (depth === 0) return 0;
  let sum = 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) sum += jsonLength(value[i], depth - 1) + 1;
    return sum;
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) sum += key.length + 4 + jsonLength(item, depth - 1);
  }
  return sum;
}
