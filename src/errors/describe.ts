import { oneLine } from "./one-line.js";
import type { SignalboxError } from "./signalbox-error.js";

/** Lines of each part: with the message the whole fits on a screen. */
const MAX_FRAMES = 12;
const MAX_LISTED = 8;
const MAX_CAUSES = 3;
const MAX_CHARS = 200;

/** How deep consoles look by default. */
const DEFAULT_DEPTH = 2;

/** What a console says of how it prints; the types of Node are not those of every platform. */
interface InspectOptions {
  readonly showHidden?: boolean | undefined;
}
type Inspect = (value: unknown, options: object) => string;

/**
 * What a console prints of an error: a screen with its stack and a line for each call. `inspect` with `showHidden`, or with
 * a greater depth than the default, prints every field.
 */
export function inspectError(
  this: SignalboxError,
  depth: number | null,
  options: InspectOptions,
  inspect?: Inspect,
): string {
  if (inspect && (options.showHidden === true || depth === null || depth > DEFAULT_DEPTH)) {
    return inspect(this, { ...options, depth, customInspect: false });
  }
  const head = `${this.name}: ${this.message}`;
  if (depth !== null && depth < 0) return `[${head}]`;
  const lines = [head, ...framesOf(this.stack), `  ${factsOf(this)}`];
  for (const [
    index,
    { provider, model, outcome, detail, latencyMs, upstreamRequestId: id },
  ] of this.attempts.entries()) {
    if (index === MAX_LISTED) lines.push(`  and ${this.attempts.length - index} more`);
    if (index >= MAX_LISTED) break;
    const end = detail === undefined ? outcome : `${outcome}/${detail}`;
    lines.push(
      `  ${index + 1}. ${provider}/${model}: ${end} after ${Math.round(latencyMs)} ms${id ? `, its id ${id}` : ""}`,
    );
  }
  const excluded = this.excluded.slice(0, MAX_LISTED).map(({ id, reason }) => `${id} (${reason})`);
  if (excluded.length < this.excluded.length) excluded.push(`and ${this.excluded.length - excluded.length} more`);
  if (excluded.length > 0) lines.push(`  not asked: ${excluded.join(", ")}`);
  const causes = causesOf(this.cause);
  if (causes.length > 0) lines.push(`  cause: ${causes.join(" <- ")}`);
  return lines.join("\n");
}

/** The last frames are the caller's own. */
function framesOf(stack: string | undefined): readonly string[] {
  const frames = (stack ?? "").split("\n").filter((line) => /^\s{0,8}at /.test(line));
  return frames.length <= MAX_FRAMES ? frames : [...frames.slice(0, 4), ...frames.slice(4 - MAX_FRAMES)];
}

/** Every plain field that says something, in the order in which the class has them. */
function factsOf(error: SignalboxError): string {
  const known: string[] = [];
  for (const [name, value] of Object.entries(error)) {
    if (value !== undefined && typeof value !== "object") known.push(`${name}: ${value}`);
  }
  if (error.partial) known.push(`partial: ${error.partial.text.length} characters`);
  return known.join(", ");
}

function causesOf(cause: unknown): readonly string[] {
  const causes: string[] = [];
  let link = cause;
  for (; link instanceof Error && causes.length < MAX_CAUSES; link = link.cause) {
    causes.push(oneLine(`${link.name}: ${link.message}`, MAX_CHARS));
  }
  if (typeof link === "string") causes.push(oneLine(link, MAX_CHARS));
  return causes;
}
