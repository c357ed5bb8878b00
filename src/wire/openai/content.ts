/** What a content field says, whatever its form. */
export interface ContentRead {
  text: string;
  reasoning: string;
}

/** Content as an array of `text` and `thinking` parts, as some servers stream it. */
export function readContentParts(parts: readonly unknown[]): ContentRead {
  const out: ContentRead = { text: "", reasoning: "" };
  for (const part of parts) {
    if (typeof part === "string") out.text += part;
    if (typeof part !== "object" || part === null) continue;
    const { type, text, thinking, reasoning } = part as { [field: string]: unknown };
    if (type === "thinking" || type === "reasoning") out.reasoning += words(thinking ?? reasoning ?? text);
    else if (typeof text === "string") out.text += text;
  }
  return out;
}

/** A string, or the text of a list of text parts. */
function words(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? readContentParts(value).text : "";
}
