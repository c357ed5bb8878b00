/** A text on one line, without control characters, cut at `max` characters. Linear in what it keeps. */
export function oneLine(text: string, max: number): string {
  const line = text
    .slice(0, 2 * max)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line.length <= max && text.length <= 2 * max ? line : `${line.slice(0, max - 3)}...`;
}
