import type { ContentPart, FilePart, ImagePart, TextPart } from "../../chat/message.js";
import { type Block, fieldsOf } from "./blocks.js";
import { malformed, unsupported } from "./refuse.js";

/** A part with its place in the vendor's prompt cache, on wires that have one. */
export type Marked<Part> = Part & { cache_control?: unknown };

/**
 * What a user's blocks show, as parts of the vocabulary: text, pictures, documents, search results.
 *
 * @throws SignalboxError `unsupported` for a block that no vendor can be handed, `invalid_request` for one that is wrong.
 */
export function contentParts(blocks: readonly Block[], path: string): Marked<ContentPart>[] {
  return blocks.map((block, index) => marked(partOf(block, `${path}[${index}]`), block.cache_control));
}

/** The part, with a place in the prompt cache if there is one. */
export function marked<Part extends object>(part: Part, cacheControl: unknown): Marked<Part> {
  const result: Marked<Part> = part;
  if (cacheControl !== undefined && cacheControl !== null) result.cache_control = cacheControl;
  return result;
}

function partOf(block: Block, path: string): ContentPart {
  switch (block.type) {
    case "text":
      return { type: "text", text: textOfBlock(block, path) };
    case "image":
      return imagePart(block, path);
    case "document":
      return documentPart(block, path);
    case "search_result":
      return { type: "text", text: searchText(block, path) };
    case "tool_reference":
      return { type: "text", text: `Tool: ${String(block.tool_name)}` };
    default:
      throw unsupported(path, `a block of type ${block.type} cannot be handed to another vendor`);
  }
}

export function textOfBlock(block: { readonly [field: string]: unknown }, path: string): string {
  if (typeof block.text !== "string") throw malformed(`${path}.text`, "must be a string");
  return block.text;
}

function imagePart({ source }: Block, path: string): ImagePart {
  const { type, url, media_type: form, data } = fieldsOf(source);
  if (type === "url" && typeof url === "string") return { type: "image_url", image_url: { url } };
  if (type === "base64" && typeof data === "string" && typeof form === "string") {
    return { type: "image_url", image_url: { url: `data:${form};base64,${data}` } };
  }
  throw unsupported(`${path}.source`, `a picture must be given as base64 or by URL, not by ${String(type)}`);
}

/** A PDF is a file; a text is text, under its title. */
function documentPart(block: Block, path: string): FilePart | TextPart {
  const { type, media_type: form, data, content } = fieldsOf(block.source);
  const title = typeof block.title === "string" ? block.title : undefined;
  if (type === "base64" && typeof data === "string") {
    const file_data = `data:${typeof form === "string" ? form : "application/pdf"};base64,${data}`;
    return { type: "file", file: { file_data, filename: title ?? "document.pdf" } };
  }
  const context = typeof block.context === "string" ? block.context : undefined;
  if (type === "text" && typeof data === "string") return { type: "text", text: joined(title, context, data) };
  if (type === "content" && typeof content === "string") {
    return { type: "text", text: joined(title, context, content) };
  }
  throw unsupported(`${path}.source`, `a document must be given as base64 or text, not by ${String(type)}`);
}

function searchText(block: Block, path: string): string {
  const { title, source, content } = block;
  if (!Array.isArray(content)) throw malformed(`${path}.content`, "must be an array of text blocks");
  const texts = content.map((part: unknown, at) => textOfBlock(fieldsOf(part), `${path}.content[${at}]`));
  return joined(typeof title === "string" ? title : undefined, String(source ?? ""), ...texts);
}

function joined(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== "").join("\n");
}
