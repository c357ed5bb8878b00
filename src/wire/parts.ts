/** A part of a message as anybody may have written it: OpenAI's, Anthropic's or the Responses API's form. */
export interface AnyPart {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a part is, whatever its form; `undefined` for one that no wire here knows. */
export type PartRead =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly url?: string | undefined; readonly fileId?: string | undefined }
  | {
      readonly kind: "file";
      /** A `data:` or http(s) URL. */
      readonly url?: string | undefined;
      readonly fileId?: string | undefined;
      readonly name?: string | undefined;
      /** Plain text in place of a URL. */
      readonly text?: string | undefined;
    };

/** Reads a part that may have come from another API than the one it goes to. */
export function readPart(part: AnyPart): PartRead | undefined {
  switch (part.type) {
    case "text":
    case "input_text":
    case "output_text":
      return { kind: "text", text: text(part.text) ?? "" };
    case "image_url": {
      const url = text(part.image_url) ?? text((part.image_url as { url?: unknown } | null | undefined)?.url);
      return url === undefined ? undefined : { kind: "image", url };
    }
    case "input_image":
      return { kind: "image", url: text(part.image_url), fileId: text(part.file_id) };
    case "file":
    case "input_file":
      return readFile((typeof part.file === "object" && part.file !== null ? part.file : part) as AnyPart);
    case "image":
    case "document":
      return readSource(part);
    default:
      return undefined;
  }
}

function readFile(file: { readonly [field: string]: unknown }): PartRead {
  const data = text(file.file_data) ?? text(file.file_url);
  // OpenAI's own examples give bare base64 of a PDF, too.
  const url =
    data === undefined || /^(?:data|https?):/i.test(data.slice(0, 6)) ? data : `data:application/pdf;base64,${data}`;
  return { kind: "file", url, fileId: text(file.file_id), name: text(file.filename) };
}

/** Anthropic's `source`: base64, URL, file id, or plain text. */
function readSource(part: AnyPart): PartRead | undefined {
  const source = part.source as { readonly [field: string]: unknown } | null | undefined;
  if (typeof source !== "object" || source === null) return undefined;
  const data = text(source.data);
  const media = text(source.media_type);
  const fileId = text(source.file_id);
  const url = source.type === "base64" && data !== undefined ? `data:${media};base64,${data}` : text(source.url);
  if (part.type === "image") return { kind: "image", url, fileId };
  const isText = source.type === "text" && data !== undefined;
  return { kind: "file", url, fileId, name: text(part.title), text: isText ? data : undefined };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A `data:` URL with base64 in it, taken apart; `undefined` for any other URL. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  const found = /^data:([^;,]{1,100})(?:;[^;,]{0,100}){0,4};base64,/i.exec(url.slice(0, 600));
  return found === null
    ? undefined
    : { mediaType: (found[1] as string).toLowerCase(), data: url.slice(found[0].length) };
}
