import type { AudioPart, FilePart, ImagePart, TextPart } from "../../chat/message.js";
import { fromBase64, toBase64 } from "../../core/bytes.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { field } from "./part-state.js";

/** A file of an AI SDK prompt: bytes, base64 or a URL; spec v4 says which by a tag. */
export interface FileLike {
  readonly mediaType: string;
  readonly data: unknown;
  readonly filename?: string | undefined;
}

/**
 * A file as the part that the chat vocabulary has for it: pictures, sound, plain text, and documents inline.
 * @throws SignalboxError `unsupported` for what it has no part for.
 */
export function filePart(file: FileLike): ImagePart | AudioPart | FilePart | TextPart {
  const { mediaType, filename } = file;
  const data = plain(file.data);
  const url = urlOf(data);
  // AI SDK 7 names the kind alone where it does not know more; 6 writes `image/*`.
  const [kind, form = "*"] = mediaType.split("/");
  if (kind === "image") {
    const type = form === "*" ? "image/png" : mediaType;
    return { type: "image_url", image_url: { url: url ?? `data:${type};base64,${base64(data)}` } };
  }
  if (url !== undefined && !url.startsWith("data:")) {
    throw new SignalboxError("unsupported", `A file of type ${mediaType} must be given as data, not as a URL`, {
      path: "messages",
    });
  }
  const encoded = url === undefined ? base64(data) : url.slice(url.indexOf(",") + 1);
  if (kind === "text")
    return { type: "text", text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromBase64(encoded)) };
  const format = AUDIO.get(mediaType);
  if (format !== undefined) return { type: "input_audio", input_audio: { data: encoded, format } };
  const file_data = `data:${mediaType};base64,${encoded}`;
  return { type: "file", file: { file_data, filename: filename ?? "file" } };
}

const AUDIO: ReadonlyMap<string, "wav" | "mp3"> = new Map([
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
]);

/** Without spec v4's tag. */
function plain(data: unknown): unknown {
  switch (field(data, "type")) {
    case "data":
      return field(data, "data");
    case "url":
      return field(data, "url");
    case "text":
      return new TextEncoder().encode(String(field(data, "text")));
    default:
      return data;
  }
}

function urlOf(data: unknown): string | undefined {
  if (data instanceof URL) return data.href;
  return typeof data === "string" && /^(https?|data):/.test(data) ? data : undefined;
}

function base64(data: unknown): string {
  if (typeof data === "string") return data;
  if (data instanceof Uint8Array) return toBase64(data);
  throw new SignalboxError("unsupported", "A file's data must be bytes, base64 or a URL", { path: "messages" });
}
