import { patternRedactor, type Redactor } from "./redact.js";

/** A stretch of the request this long, found in the vendor's message, is an echo. */
const MIN_ECHO = 20;
const STEP = MIN_ECHO / 2;
/** Texts shorter than this are words like any other. */
const MIN_WHOLE = 4;
const MASK = "[echo removed]";
/** How much of each end of the request is compared. */
const COMPARED = 65_536;

/**
 * Masks the stretches of `message` that repeat what was sent, so that an upstream error which quotes the prompt does
 * not carry it into logs. Stretches under 20 characters stay (field and model names), unless they are the whole of one
 * of the texts that were `said`.
 */
export function maskEcho(message: string, sent: string | undefined, said: readonly string[] = []): string {
  return maskShort(maskStretches(message, sent), said);
}

/** A single plain word is masked where it is quoted or closes the line; a message may need it elsewhere. */
function maskShort(message: string, said: readonly string[]): string {
  let out = message;
  for (const text of said) {
    const whole = text.trim();
    if (whole.length < MIN_WHOLE || whole.length >= MIN_ECHO || !out.includes(whole)) continue;
    out = /^[a-z]+$/i.test(whole)
      ? out.replace(new RegExp(`(^|["'\`: ])${whole}(?=["'\`]|[.!?]?$)`, "gm"), `$1${MASK}`)
      : out.replaceAll(whole, MASK);
  }
  return out;
}

function maskStretches(message: string, sent: string | undefined): string {
  if (sent === undefined || sent === "" || message.length < MIN_ECHO) return message;
  const source = sent.length <= 2 * COMPARED ? sent : `${sent.slice(0, COMPARED)}\u0000${sent.slice(-COMPARED)}`;
  let out = "";
  let copied = 0;
  for (let at = 0; at + STEP <= message.length; ) {
    const run = echoAt(message, at, copied, source);
    if (run === undefined) {
      at += STEP;
      continue;
    }
    out += `${message.slice(copied, run.from)}${MASK}`;
    copied = run.to;
    at = run.to;
  }
  return out + message.slice(copied);
}

/** Any echo of 20 characters holds one whole aligned window of 10: find that, then stretch it both ways. */
function echoAt(message: string, at: number, floor: number, source: string): { from: number; to: number } | undefined {
  const window = message.slice(at, at + STEP);
  let found = source.indexOf(window);
  for (let tries = 0; found !== -1 && tries < 8; tries++) {
    let from = at;
    let to = at + STEP;
    for (let i = found - 1; from > floor && i >= 0 && message[from - 1] === source[i]; i--) from--;
    for (let i = found + STEP; to < message.length && message[to] === source[i]; i++) to++;
    if (to - from >= MIN_ECHO) return { from, to };
    found = source.indexOf(window, found + 1);
  }
  return undefined;
}

/** Longer text of a foreign error is cut before it is compared: what it quotes stands in front. */
const MOST_FOREIGN = 2_048;

/** Takes key-shaped text and stretches of what was sent out of everything that a foreign provider threw. */
export function echoRedactor(said: readonly string[]): Redactor {
  const sent = said.join("\n");
  return { scrub: (text) => maskEcho(patternRedactor.scrub(text.slice(0, MOST_FOREIGN)), sent, said) };
}
