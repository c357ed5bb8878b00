import type { FunctionTool } from "../../chat/request.js";
import { parseJson } from "../json.js";
import type { LeakedCall } from "./leaked-call.js";

type Tools = ReadonlyMap<string, FunctionTool>;

const NONE: readonly LeakedCall[] = [];

/** What a family's special tokens are called, as its template writes them. */
interface Tokens {
  readonly begin: string;
  /** Between the name and the arguments. */
  readonly middle: string;
  readonly end: string;
}

const KIMI: Tokens = { begin: "<|tool_call_begin|>", middle: "<|tool_call_argument_begin|>", end: "<|tool_call_end|>" };
const DEEPSEEK: Tokens = { begin: "<｜tool▁call▁begin｜>", middle: "<｜tool▁sep｜>", end: "<｜tool▁call▁end｜>" };

/** `<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a":1}<|tool_call_end|>`, any number of them. */
export function readKimi(body: string, tools: Tools): readonly LeakedCall[] {
  return readTokens(body, KIMI, (head, rest) => callOf(bare(head), rest, tools));
}

/** The same of one call, without the tokens around it. */
export function readKimiCall(body: string, tools: Tools): readonly LeakedCall[] {
  return readKimi(`${KIMI.begin}${body}${KIMI.end}`, tools);
}

/**
 * `<｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a":1}<｜tool▁call▁end｜>`, any number of them; before V3.1 with the call's type in
 * the name's place, and the name and fenced arguments behind it.
 */
export function readDeepSeek(body: string, tools: Tools): readonly LeakedCall[] {
  return readTokens(body, DEEPSEEK, (head, rest) => {
    if (head.trim() !== "function" || tools.has("function")) return callOf(head.trim(), rest, tools);
    const fence = rest.indexOf("```json");
    const close = rest.lastIndexOf("```");
    if (fence < 0 || close <= fence) return undefined;
    return callOf(rest.slice(0, fence).trim(), rest.slice(fence + "```json".length, close), tools);
  });
}

function readTokens(
  body: string,
  { begin, middle, end }: Tokens,
  read: (head: string, rest: string) => LeakedCall | undefined,
): readonly LeakedCall[] {
  const calls: LeakedCall[] = [];
  const parts = body.split(begin);
  if (parts.shift()?.trim() !== "") return NONE;
  for (const part of parts) {
    const at = part.indexOf(middle);
    const until = part.indexOf(end);
    if (at < 0 || until < at || part.slice(until + end.length).trim() !== "") return NONE;
    const call = read(part.slice(0, at), part.slice(at + middle.length, until));
    if (!call) return NONE;
    calls.push(call);
  }
  return calls;
}

/** `[{"name":"f","arguments":{"a":1}}]`, or `f[ARGS]{"a":1}` and `f[CALL_ID]x[ARGS]{"a":1}`, any number of these. */
export function readMistral(body: string, tools: Tools): readonly LeakedCall[] {
  const whole = body.trim();
  if (whole.startsWith("[")) return readObjects(parseJson(whole)?.value, tools);
  const calls: LeakedCall[] = [];
  for (const part of whole.split("[TOOL_CALLS]")) {
    const brace = part.indexOf("{");
    const head = /^\s*([^\s[{]+)\s*(?:\[CALL_ID\][^[{]*)?(?:\[ARGS\]\s*)?$/.exec(part.slice(0, Math.min(brace, 1_000)));
    const call = head?.[1] === undefined || brace < 0 ? undefined : callOf(head[1], part.slice(brace), tools);
    if (!call) return NONE;
    calls.push(call);
  }
  return calls;
}

/** `{"name":"f","parameters":{"a":1}}`, several with semicolons between, as Llama writes them. */
export function readLlama(body: string, tools: Tools): readonly LeakedCall[] {
  const whole = body.trim().replace(/<\|e(?:om|ot)_id\|>$/, "");
  const one = parseJson(whole);
  if (one) return readObjects(Array.isArray(one.value) ? one.value : [one.value], tools);
  const many = parseJson(`[${whole.replace(/\}\s*;\s*\{/g, "},{")}]`);
  return readObjects(many?.value, tools);
}

function readObjects(value: unknown, tools: Tools): readonly LeakedCall[] {
  if (!Array.isArray(value)) return NONE;
  const calls: LeakedCall[] = [];
  for (const each of value as readonly unknown[]) {
    if (typeof each !== "object" || each === null) return NONE;
    const { name, arguments: args, parameters } = each as { readonly [field: string]: unknown };
    const given = args ?? parameters ?? {};
    const text = typeof given === "string" ? given : JSON.stringify(given);
    const call = typeof name === "string" ? callOf(name, text, tools) : undefined;
    if (!call) return NONE;
    calls.push(call);
  }
  return calls;
}

/** The name in `functions.f:0`. */
function bare(head: string): string {
  return head
    .trim()
    .replace(/^functions\./, "")
    .replace(/:\d{1,9}$/, "");
}

/** A call of an offered tool, whose arguments are a JSON object; nothing at all stands for an empty one. */
function callOf(name: string, text: string, tools: Tools): LeakedCall | undefined {
  if (!tools.has(name)) return undefined;
  const args = text.trim();
  if (args === "") return { function: { name, arguments: "{}" } };
  const value = parseJson(args)?.value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return { function: { name, arguments: args } };
}
