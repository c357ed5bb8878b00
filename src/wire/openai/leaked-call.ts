import type { FunctionTool } from "../../chat/request.js";
import { parseJson } from "../json.js";

/** A tool call found in the text, in the shape of the wire's own. */
export interface LeakedCall {
  readonly function: { readonly name: string; readonly arguments: string };
}

type Tools = ReadonlyMap<string, FunctionTool>;

const NONE: readonly LeakedCall[] = [];

/** The tags of one family: around a call and around a parameter, and what stands before a name in them. */
interface Tags {
  readonly call: string;
  readonly callEnd: string;
  readonly parameter: string;
  readonly parameterEnd: string;
}

const INVOKE: Tags = {
  call: "<invoke name=",
  callEnd: "</invoke>",
  parameter: "<parameter name=",
  parameterEnd: "</parameter>",
};
const DSML: Tags = {
  call: "<｜DSML｜invoke name=",
  callEnd: "</｜DSML｜invoke>",
  parameter: "<｜DSML｜parameter name=",
  parameterEnd: "</｜DSML｜parameter>",
};
const FUNCTION: Tags = {
  call: "<function=",
  callEnd: "</function>",
  parameter: "<parameter=",
  parameterEnd: "</parameter>",
};

/** `<invoke name="f"><parameter name="a">1</parameter></invoke>`, any number of them. */
export function readInvocations(body: string, tools: Tools): readonly LeakedCall[] {
  return readTagged(body, tools, INVOKE);
}

/** The same with DeepSeek's own marks; its parameters say whether they are strings. */
export function readDsml(body: string, tools: Tools): readonly LeakedCall[] {
  return readTagged(body, tools, DSML);
}

/** `f><parameter=a>1</parameter>`, or `f>{"a": 1}`: what stands between `<function=` and `</function>`. */
export function readFunction(body: string, tools: Tools): readonly LeakedCall[] {
  return readTagged(`${FUNCTION.call}${body}${FUNCTION.callEnd}`, tools, FUNCTION);
}

function readTagged(body: string, tools: Tools, tags: Tags): readonly LeakedCall[] {
  const calls: LeakedCall[] = [];
  for (const part of between(body, tags.call, tags.callEnd) ?? []) {
    const head = named(part);
    const tool = head && tools.get(head.name);
    if (!head || !tool) return NONE;
    const whole = tags === FUNCTION && head.rest.trimStart().startsWith("{") ? parseJson(head.rest.trim()) : undefined;
    if (whole) {
      calls.push({ function: { name: head.name, arguments: head.rest.trim() } });
      continue;
    }
    const parameters = between(head.rest, tags.parameter, tags.parameterEnd);
    if (!parameters) return NONE;
    const fields: (readonly [string, string])[] = [];
    for (const each of parameters) {
      const field = named(each);
      if (!field) return NONE;
      fields.push([field.name, unwrapped(field.rest)]);
    }
    calls.push(callOf(tool, fields));
  }
  return calls;
}

/** `{"name": "f", "arguments": {"a": 1}}`, `f<arg_key>a</arg_key><arg_value>1</arg_value>`, or `<function=f>...</function>`. */
export function readToolCall(body: string, tools: Tools): readonly LeakedCall[] {
  const whole = body.trim();
  if (whole.startsWith(FUNCTION.call)) return readTagged(whole, tools, FUNCTION);
  return whole.startsWith("{") ? readJson(whole, tools) : readKeyed(whole, tools);
}

function readJson(text: string, tools: Tools): readonly LeakedCall[] {
  const value = parseJson(text)?.value as { name?: unknown; arguments?: unknown; parameters?: unknown } | undefined;
  if (typeof value?.name !== "string" || !tools.has(value.name)) return NONE;
  const given = value.arguments ?? value.parameters ?? {};
  const args = typeof given === "string" ? given : JSON.stringify(given);
  return [{ function: { name: value.name, arguments: args } }];
}

function readKeyed(text: string, tools: Tools): readonly LeakedCall[] {
  const keysAt = text.indexOf("<arg_key>");
  const tool = tools.get((keysAt < 0 ? text : text.slice(0, keysAt)).trim());
  const keys = tool && between(keysAt < 0 ? "" : text.slice(keysAt), "<arg_key>", "</arg_value>");
  if (!tool || !keys) return NONE;
  const fields: (readonly [string, string])[] = [];
  for (const each of keys) {
    const [key, value, more] = each.split(/<\/arg_key>\s*<arg_value>/);
    if (key === undefined || value === undefined || more !== undefined) return NONE;
    fields.push([key.trim(), unwrapped(value)]);
  }
  return [callOf(tool, fields)];
}

/** What stands between each `open` and the `close` after it; `undefined` where anything else stands outside. */
function between(text: string, open: string, close: string): string[] | undefined {
  const parts: string[] = [];
  for (let at = 0; ; ) {
    const begin = text.indexOf(open, at);
    const outside = begin < 0 ? text.slice(at) : text.slice(at, begin);
    if (outside.trim() !== "") return undefined;
    if (begin < 0) return parts;
    const end = text.indexOf(close, begin + open.length);
    if (end < 0) return undefined;
    parts.push(text.slice(begin + open.length, end));
    at = end + close.length;
  }
}

/** `"f">rest` or `f>rest`. */
function named(part: string): { readonly name: string; readonly rest: string } | undefined {
  const end = part.indexOf(">");
  if (end < 0) return undefined;
  const name = part
    .slice(0, end)
    .trim()
    .replace(/ string=["']?(?:true|false)["']?$/, "")
    .replace(/^(["'])(.*)\1$/, "$2");
  return { name, rest: part.slice(end + 1) };
}

/** The line breaks next to the tags are not the value's. */
function unwrapped(value: string): string {
  return value.replace(/^\n/, "").replace(/\n$/, "");
}

function callOf(
  { function: { name, parameters } }: FunctionTool,
  fields: readonly (readonly [string, string])[],
): LeakedCall {
  const properties = (parameters?.properties ?? {}) as { readonly [field: string]: unknown };
  const values = fields.map(([field, text]) => [
    field,
    typedValue(text, Object.hasOwn(properties, field) ? properties[field] : undefined),
  ]);
  return { function: { name, arguments: JSON.stringify(Object.fromEntries(values)) } };
}

/** Markup has no types: a value is what the tool's schema says it is, and text where that does not tell. */
function typedValue(text: string, schema: unknown): unknown {
  const types = typesOf(schema);
  if (types.every((type) => type === "string")) return text;
  const parsed = parseJson(text.trim());
  if (!parsed) return text;
  return !types.includes("string") || types.some((type) => isOf(type, parsed.value)) ? parsed.value : text;
}

function typesOf(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { type, anyOf, oneOf } = schema as { readonly [keyword: string]: unknown };
  if (typeof type === "string") return [type];
  const given = type ?? anyOf ?? oneOf;
  if (!Array.isArray(given)) return [];
  return given.flatMap((each) => (typeof each === "string" ? [each] : typesOf(each)));
}

/** Whether a value is of a type, in JSON Schema's words. */
function isOf(type: string, value: unknown): boolean {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}
