import type { ContentPart, RefusalPart, TextPart } from "../message.js";
import { isRaw, type Raw } from "./items.js";

/** A user's content, or that of a tool's result, as the Responses API writes it; parts it does not know stay as they are. */
export function toInputParts(content: string | readonly (TextPart | ContentPart | RefusalPart)[] | null): unknown {
  if (typeof content === "string" || content === null) return content ?? "";
  return content.map(toInputPart);
}

function toInputPart(part: TextPart | ContentPart | RefusalPart): unknown {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image_url": {
      const { url, detail = "auto" } = part.image_url;
      return { type: "input_image", image_url: url, detail };
    }
    case "file":
      return { type: "input_file", ...part.file };
    case "input_audio":
      return { type: "input_audio", input_audio: part.input_audio };
    default:
      return part;
  }
}

/**
 * One content part of the Responses API in the vocabulary.
 *
 * @returns `undefined` for a part that the vocabulary has no form for.
 */
export function fromInputPart(part: unknown): ContentPart | undefined {
  if (!isRaw(part)) return undefined;
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
    case "summary_text":
    case "reasoning_text":
      return textPart(part);
    case "refusal":
      return typeof part.refusal === "string" ? { type: "text", text: part.refusal } : undefined;
    case "input_image":
      return imagePart(part);
    case "input_file":
      return filePart(part);
    case "input_audio":
      return audioPart(part.input_audio);
    default:
      return undefined;
  }
}

/** A mark for a prompt cache is no word of this API; some clients set it, and it goes along. */
function textPart({ text, cache_control }: Raw): ContentPart | undefined {
  if (typeof text !== "string") return undefined;
  return cache_control === undefined ? { type: "text", text } : ({ type: "text", text, cache_control } as ContentPart);
}

function imagePart({ image_url: given, detail }: Raw): ContentPart | undefined {
  const url = isRaw(given) ? given.url : given;
  if (typeof url !== "string" || url === "") return undefined;
  // "original" and the like are words of the newest models alone.
  if (detail === "low" || detail === "high") return { type: "image_url", image_url: { url, detail } };
  return { type: "image_url", image_url: { url } };
}

function filePart({ type: _, ...file }: Raw): ContentPart | undefined {
  const given = [file.file_data, file.file_id, file.file_url].some((value) => typeof value === "string");
  return given ? { type: "file", file } : undefined;
}

function audioPart(audio: unknown): ContentPart | undefined {
  if (!isRaw(audio) || typeof audio.data !== "string") return undefined;
  return { type: "input_audio", input_audio: { data: audio.data, format: audio.format === "wav" ? "wav" : "mp3" } };
}
