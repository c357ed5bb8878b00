import type { ChatReply } from "../../../src/chat/reply.js";
import type { Expectation, RecordedAnswer } from "./answer.js";

/** What is compared: an answer in the words of the vocabulary. */
export interface Reading {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  /** Each call as `[id, name, arguments]`. */
  readonly calls: readonly (readonly [id: string, name: string, args: string])[];
  readonly finish: string;
  /** `[prompt, completion, cached, reasoning]`; `null` if the vendor counted nothing. */
  readonly usage: readonly [prompt: number, completion: number, cached: number, reasoning: number] | null;
}

/** Finish reasons in OpenAI's words. The vendors' documents, read 2026-11. */
const FINISH: { readonly [word: string]: string } = {
  stop: "stop",
  eos: "stop",
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  compaction: "stop",
  completed: "stop",
  length: "length",
  max_output_tokens: "length",
  max_tokens: "length",
  tool_calls: "tool_calls",
  tool_use: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  refusal: "content_filter",
};

/** The expectation of an answer in the words of the vocabulary; `null` for a failure, such as a withheld answer. */
export function expectedReading({ wire, expect: told, body, stream }: RecordedAnswer): Reading | null {
  const expect = stream ? told : withMessageText(told, body);
  if (expect.error || (expect.finish === "content_filter" && !expect.text)) return null;
  // A call without a name is a hole that a gateway leaves in the list: nobody can answer it.
  const calls = (expect.calls ?? []).filter(({ name }) => name !== "");
  const said = FINISH[expect.finish ?? "stop"] ?? "unknown";
  // Tags at the start of a text hold its thinking; a tag that never closes holds the rest.
  const [, thought, rest] = /^\s*<think>([\s\S]*?)(?:<\/think>([\s\S]*)|$)$/.exec(expect.text ?? "") ?? [];
  return {
    text: (thought === undefined ? (expect.text ?? "") : (rest ?? "")).trim(),
    reasoning: (expect.reasoning || (thought ?? "")).trim(),
    refusal: expect.refusal ?? "",
    calls: calls.map(({ id, name, args }) => [id, name, canonical(args)]),
    finish: calls.length > 0 && said === "stop" ? "tool_calls" : said,
    usage: USAGE[wire](expect.usage),
  };
}

/** Perplexity puts an empty `delta` beside the `message` of a whole answer, and the expectation reads the delta. */
function withMessageText(told: Expectation, body: string): Expectation {
  if (told.text !== "" || !body.includes('"delta"')) return told;
  const [choice] = (JSON.parse(body) as { choices?: { message?: { content?: unknown } }[] }).choices ?? [];
  return typeof choice?.message?.content === "string" ? { ...told, text: choice.message.content } : told;
}

/** A reply of the router in the same words. */
export function readingOf(reply: ChatReply): Reading {
  const { message, finish_reason: finish } = reply.choices[0];
  const { usage } = reply;
  return {
    text: (message.content ?? "").trim(),
    reasoning: (message.reasoning_content ?? "").trim(),
    refusal: message.refusal ?? "",
    calls: (message.tool_calls ?? []).map((call) =>
      call.type === "function" ? [call.id, call.function.name, canonical(call.function.arguments)] : ["", "", ""],
    ),
    finish,
    usage:
      usage === undefined || usage.estimated === true
        ? null
        : [
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.prompt_tokens_details?.cached_tokens ?? 0,
            usage.completion_tokens_details?.reasoning_tokens ?? 0,
          ],
  };
}

/** The names of the fields in which two readings differ, with both values. */
export function differences(expected: Reading, got: Reading): string[] {
  const found: string[] = [];
  for (const field of ["text", "reasoning", "refusal", "finish", "calls", "usage"] as const) {
    const [want, have] = [JSON.stringify(expected[field]), JSON.stringify(got[field])];
    if (want !== have) found.push(`${field}: expected ${shortened(want)}, got ${shortened(have)}`);
  }
  return found;
}

/** A long value as its beginning and end. */
export function shortened(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 110)} ... ${text.slice(-45)}`;
}

/** Arguments with the spaces of their JSON taken out; no arguments are an empty object. */
function canonical(args: string): string {
  try {
    return args.trim() === "" ? "{}" : JSON.stringify(JSON.parse(args));
  } catch {
    return args;
  }
}

type Counts = Expectation["usage"];

const USAGE = { openai: openaiUsage, anthropic: anthropicUsage, responses: responsesUsage } as const;

/** Input holds what was cached, output holds the thinking. */
function responsesUsage(usage: Counts): Reading["usage"] {
  if (!usage) return null;
  const cached = count(nested(usage, "input_tokens_details").cached_tokens);
  const reasoning = count(nested(usage, "output_tokens_details").reasoning_tokens);
  return [count(usage.input_tokens), count(usage.output_tokens), cached, reasoning];
}

/** Thinking counts apart if the total shows output above `completion_tokens`, or if it is more than those. */
function openaiUsage(usage: Counts): Reading["usage"] {
  if (!usage) return null;
  const details = nested(usage, "completion_tokens_details");
  const prompt = count(usage.prompt_tokens);
  const written = count(usage.completion_tokens);
  const reasoning = count(details.reasoning_tokens) || count(usage.reasoning_tokens);
  const beyond = count(usage.total_tokens) - prompt - written;
  const cached =
    count(nested(usage, "prompt_tokens_details").cached_tokens) ||
    count(usage.cached_tokens) ||
    count(usage.prompt_cache_hit_tokens) ||
    count(usage.num_cached_tokens);
  if (prompt + written === 0) return null;
  const apart = beyond > 0 ? beyond : reasoning > written ? reasoning : 0;
  // Some count more tokens as cached than they count as read.
  return [prompt, written + apart, Math.min(cached, prompt), reasoning || apart];
}

/** Input that was read from or written to the cache comes on top; so does what a compaction took. */
function anthropicUsage(usage: Counts): Reading["usage"] {
  if (!usage) return null;
  const rounds = Array.isArray(usage.iterations) && usage.iterations.length > 0 ? usage.iterations : [usage];
  let [prompt, completion, cached] = [0, 0, 0];
  for (const round of rounds as { readonly [name: string]: unknown }[]) {
    const read = count(round.cache_read_input_tokens);
    prompt += count(round.input_tokens) + read + count(round.cache_creation_input_tokens);
    completion += count(round.output_tokens);
    cached += read;
  }
  return [prompt, completion, cached, count(nested(usage, "output_tokens_details").thinking_tokens)];
}

function nested(value: { readonly [name: string]: unknown }, name: string): { readonly [name: string]: unknown } {
  const inner = value[name];
  return typeof inner === "object" && inner !== null ? (inner as { readonly [name: string]: unknown }) : {};
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
