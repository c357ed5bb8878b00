import type { LanguageModelV3ToolResultOutput, SharedV3Warning } from "@ai-sdk/provider";
import type { ContentPart, TextPart, ToolMessage } from "../../chat/message.js";
import { cacheMark, withMark } from "./cache-mark.js";
import { filePart } from "./file-data.js";
import { field } from "./part-state.js";

type Warn = (warning: SharedV3Warning) => void;

/** An AI SDK tool result as our message: JSON as text, pictures as parts, and whether the tool failed. */
export function toToolMessage(id: string, output: LanguageModelV3ToolResultOutput, mark: unknown, warn: Warn) {
  const given = contentOf(output, warn);
  const place = mark ?? cacheMark("providerOptions" in output ? output.providerOptions : undefined);
  const content = typeof given === "string" && place !== undefined ? [{ type: "text" as const, text: given }] : given;
  const last = typeof content === "string" ? undefined : content.at(-1);
  if (last) withMark(last, place);
  // The vocabulary knows text alone here; pictures are for wires that take them.
  const message: ToolMessage = { role: "tool", tool_call_id: id, content: content as string | TextPart[] };
  if (output.type === "error-text" || output.type === "error-json") message.is_error = true;
  return message;
}

function contentOf(output: LanguageModelV3ToolResultOutput, warn: Warn): string | ContentPart[] {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "The tool call was denied.";
    case "content": {
      const parts = output.value.map((item) => itemPart(item, warn));
      const plain = parts.every((part) => part.type === "text" && field(part, "cache_control") === undefined);
      return plain ? parts.map((part) => (part.type === "text" ? part.text : "")).join("\n") : parts;
    }
  }
}

type Item = Extract<LanguageModelV3ToolResultOutput, { type: "content" }>["value"][number];

function itemPart(item: Item, warn: Warn): ContentPart {
  const mark = cacheMark(item.providerOptions);
  if (item.type === "text") return withMark<TextPart>({ type: "text", text: item.text }, mark);
  const file = fileOf(item);
  if (file !== undefined) return withMark(filePart(file), mark);
  warn({ type: "unsupported", feature: `${item.type} in a tool result` });
  return { type: "text", text: `[${item.type} left out]` };
}

/** AI SDK 6 says `image-data` or `file-url`, 5 `media`, 7 `file` with tagged data. */
function fileOf(item: object): { mediaType: string; data: unknown } | undefined {
  const type = String(field(item, "type"));
  const mediaType = String(field(item, "mediaType") ?? (type.startsWith("image") ? "image/*" : "application/pdf"));
  const data = field(item, "data") ?? field(item, "url");
  return data === undefined || !/^(image|file|media)/.test(type) ? undefined : { mediaType, data };
}

/** Our result in the words of the AI SDK: what JSON became is JSON again, a failure is one, pictures are content. */
export function toOutput(message: ToolMessage, tagged: boolean): unknown {
  const { content, is_error: failed } = message;
  const parts: readonly ContentPart[] = typeof content === "string" ? [] : content;
  if (parts.some(({ type }) => type !== "text")) {
    return { type: "content", value: parts.map((part) => toItem(part, tagged)) };
  }
  const text = typeof content === "string" ? content : content.map((part) => part.text).join("\n");
  const value = jsonOf(text);
  if (value !== undefined) return { type: failed ? "error-json" : "json", value };
  return { type: failed ? "error-text" : "text", value: text };
}

/** A list or an object that was written by `JSON.stringify`. */
function jsonOf(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function toItem(part: ContentPart, tagged: boolean): unknown {
  if (part.type === "text") return { type: "text", text: part.text };
  const url = part.type === "image_url" ? part.image_url.url : part.type === "file" ? (part.file.file_data ?? "") : "";
  const inline = /^data:([^;,]+);base64,/.exec(url.slice(0, 200));
  const kind = part.type === "image_url" ? "image" : "file";
  const mediaType = inline?.[1] ?? (kind === "image" ? "image/*" : "application/pdf");
  const data = inline ? url.slice(inline[0].length) : undefined;
  if (tagged) {
    return {
      type: "file",
      mediaType,
      data: data === undefined ? { type: "url", url: new URL(url) } : { type: "data", data },
    };
  }
  return data === undefined ? { type: `${kind}-url`, url } : { type: `${kind}-data`, data, mediaType };
}
