/** A text shorter than this is all question: what is read of it counts. */
export const LONG_TEXT = 1_000;

/** A line as long as this is prose that somebody pasted. */
const LONG_LINE = 400;

/** How much of either end of a text is looked at, characters: the question stands before or after its material. */
const END_CHARS = 16_000;

/** A line of a transcript or a log: a speaker, a date or a number before what is said. */
const RECORD_LINE = /^\s*(?:[\p{L}][\p{L}\p{N} ._'-]{0,40}[:：]\s?\S|[[(]?\d[\d:.,/\sTZ-]{3,})/u;

/** A line that belongs to quoted material: a quote, a table, a passage's number. */
const QUOTE_LINE = /^\s*(?:>|\||\[(?:passage|document|source|段落|文档)?\s*\d+\])/iu;

/** `<document>` and the like; `<task>` or `<question>` hold what is asked. */
const OPEN_TAG = /^\s*<([a-z_][\w-]{2,40})(?:\s[^<>]{0,200})?>/i;
const ASKED_TAG = /^(?:task|question|query|prompt|request|user_?query|goal)s?$/i;

/**
 * How many characters of a text ask something. The rest is material: pasted prose, quotes, fenced code, tagged
 * documents, transcripts, logs, tables. A long text that quotes is not harder than the question it comes with. Linear
 * in the text, and bounded.
 */
export function askedChars(text: string): number {
  if (text.length < LONG_TEXT) return text.length;
  const asked =
    text.length <= 2 * END_CHARS
      ? linesAsked(text)
      : linesAsked(text.slice(0, END_CHARS)) + linesAsked(text.slice(-END_CHARS));
  // Material without a question about it is the question.
  return asked === 0 ? text.length : asked;
}

function linesAsked(text: string): number {
  let asked = 0;
  let fenced = false;
  let tag: string | undefined;
  for (const line of text.split("\n")) {
    const start = line.trimStart();
    if (start.startsWith("```") || start.startsWith("~~~")) {
      fenced = !fenced;
      continue;
    }
    if (fenced) continue;
    if (tag !== undefined) {
      if (start.startsWith(`</${tag}`) || line.endsWith(`</${tag}>`)) tag = undefined;
      continue;
    }
    const opened = start.startsWith("<") ? OPEN_TAG.exec(line)?.[1] : undefined;
    if (opened !== undefined && !ASKED_TAG.test(opened)) {
      if (!line.includes(`</${opened}>`)) tag = opened;
      continue;
    }
    if (line.length < LONG_LINE && !QUOTE_LINE.test(line) && !RECORD_LINE.test(line.slice(0, 80))) asked += line.length;
  }
  return asked;
}
