import type { ChatRequest } from "./request.js";

/** The request offers tools, or its history holds calls and results. */
export const NEED_TOOLS = 1;
/** It holds a picture inline (`data:`) or by a vendor's file id. */
export const NEED_VISION_DATA = 2;
/** It holds a picture by http(s) address. */
export const NEED_VISION_URL = 4;
/** It holds sound, or wants some. */
export const NEED_AUDIO = 8;
export const NEED_JSON_OBJECT = 16;
export const NEED_JSON_SCHEMA = 32;
/** It holds a file, such as a PDF. */
export const NEED_FILES = 64;
/** `tool_choice` is `"required"` or names a tool. */
export const NEED_FORCED_TOOL = 128;

/** What a request cannot do without, as a set of `NEED_` bits; 0 for plain text. One pass, no allocation. */
export function needsOf(request: ChatRequest): number {
  let needs = 0;
  if ((request.tools?.length ?? 0) > 0 || listLength(request.functions) > 0) needs |= NEED_TOOLS;
  const choice = request.tool_choice;
  if (choice && needs !== 0 && choice !== "auto" && choice !== "none" && !isLoose(choice)) needs |= NEED_FORCED_TOOL;
  const format = request.response_format?.type;
  if (format === "json_object") needs |= NEED_JSON_OBJECT;
  else if (format === "json_schema") needs |= NEED_JSON_SCHEMA;
  if (request.modalities?.includes("audio")) needs |= NEED_AUDIO;
  const { messages } = request;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (message === undefined) continue;
    const { role, content } = message;
    if (role === "tool" || role === "function") needs |= NEED_TOOLS;
    else if (role === "assistant" && message.tool_calls && message.tool_calls.length > 0) needs |= NEED_TOOLS;
    if (Array.isArray(content)) {
      for (let p = 0; p < content.length; p++) needs |= partNeed(content[p]);
    }
  }
  return needs;
}

function partNeed(part: unknown): number {
  if (typeof part !== "object" || part === null) return 0;
  const { type } = part as { type?: unknown };
  switch (type) {
    case "text":
    case "refusal":
      return 0;
    case "input_audio":
      return NEED_AUDIO;
    case "file":
    case "input_file":
    case "document":
      return NEED_FILES;
    case "image":
      return isHttp(urlOf((part as { source?: unknown }).source)) ? NEED_VISION_URL : NEED_VISION_DATA;
    case "input_image":
      return isHttp(urlOf((part as { image_url?: unknown }).image_url)) ? NEED_VISION_URL : NEED_VISION_DATA;
    case "image_url":
    case "video_url":
    case "file_url":
      return isHttp(urlOf((part as Record<string, unknown>)[type])) ? NEED_VISION_URL : NEED_VISION_DATA;
    default:
      return 0;
  }
}

function urlOf(value: unknown): string {
  const url = typeof value === "object" && value !== null ? (value as { url?: unknown }).url : value;
  return typeof url === "string" ? url : "";
}

function isHttp(url: string): boolean {
  return /^https?:/i.test(url.slice(0, 6));
}

function isLoose(choice: unknown): boolean {
  if (typeof choice !== "object" || choice === null) return false;
  const { type, allowed_tools } = choice as { type?: unknown; allowed_tools?: { mode?: unknown } };
  return type === "allowed_tools" && allowed_tools?.mode !== "required";
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
