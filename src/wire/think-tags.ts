const OPEN = "<think>";
const CLOSE = "</think>";

/** What a piece of content holds. */
export interface ThoughtAndText {
  reasoning: string;
  text: string;
}

/** Tells thinking from text where a model writes `<think>...</think>` at the start of its answer. */
export interface ThinkSplitter {
  /** Set once no tag can come any more: content is text from here on. */
  readonly open: boolean;
  /** Splits a piece; what may be half a tag is held back. */
  push(piece: string): ThoughtAndText;
  /** What was held back. Thinking that was never closed stays thinking. */
  flush(): ThoughtAndText;
}

/** A splitter for one answer. Tags count at the start of the answer alone, so text about tags stays text. */
export function createThinkSplitter(): ThinkSplitter {
  let state: "start" | "thinking" | "gap" | "text" = "start";
  let held = "";
  /** The white space before the first visible character, which is text unless a tag follows. */
  let blanks = "";

  const splitter = {
    open: false,
    push(piece: string): ThoughtAndText {
      const out: ThoughtAndText = { reasoning: "", text: "" };
      let rest = held + piece;
      held = "";
      if (state === "start") {
        // Each blank is looked at once, however many pieces of nothing else come.
        const at = firstVisible(rest);
        blanks += rest.slice(0, at);
        rest = rest.slice(at);
        if (begins(OPEN, rest) || begins(CLOSE, rest)) {
          held = rest;
          return out;
        }
        if (rest.startsWith(OPEN)) {
          state = "thinking";
          rest = rest.slice(OPEN.length);
        } else if (rest.startsWith(CLOSE)) {
          // A server that tells the thinking apart may leave the tag behind it.
          state = "gap";
          rest = rest.slice(CLOSE.length);
        } else {
          state = "text";
          splitter.open = true;
          rest = blanks + rest;
        }
        blanks = "";
      }
      if (state === "thinking") {
        const end = rest.indexOf(CLOSE);
        if (end < 0) {
          const kept = partialSuffix(rest, CLOSE);
          out.reasoning = rest.slice(0, rest.length - kept);
          held = rest.slice(rest.length - kept);
          return out;
        }
        out.reasoning = rest.slice(0, end);
        rest = rest.slice(end + CLOSE.length);
        state = "gap";
      }
      if (state === "gap") {
        // The blank lines between the tag and the answer belong to neither.
        rest = rest.slice(firstVisible(rest));
        if (rest !== "") {
          state = "text";
          splitter.open = true;
        }
      }
      out.text = rest;
      return out;
    },
    flush(): ThoughtAndText {
      const out = state === "thinking" ? { reasoning: held, text: "" } : { reasoning: "", text: blanks + held };
      held = "";
      blanks = "";
      return out;
    },
  };
  return splitter;
}

/** Whether the text is the beginning of the tag, and not all of it. */
function begins(tag: string, text: string): boolean {
  return text.length < tag.length && tag.startsWith(text);
}

function firstVisible(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

/** How many characters at the end of `text` could be the beginning of `tag`. */
export function partialSuffix(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
