import { extended } from "../core/extended.js";
import { type Fields, isObject } from "./check-value.js";
import type { ToolCall } from "./message.js";
import { type RepairJson, repairedJson } from "./repair-json.js";
import type { ChatReply } from "./reply.js";
import type { ChatRequest } from "./request.js";

/**
 * A reply whose tool arguments are JSON where they were only nearly so; `null` if there was nothing to mend, or nothing
 * that could be: the model was cut off, or the result is not what the tool's `parameters` ask for.
 */
export function repairedArguments(reply: ChatReply, tools: ChatRequest["tools"], repair: RepairJson): ChatReply | null {
  const [choice, ...rest] = reply.choices;
  const { finish_reason: finish, message } = choice;
  const { tool_calls: calls } = message;
  if (!calls?.length || finish === "length" || finish === "content_filter") return null;
  let mended = false;
  const whole = calls.map((call): ToolCall => {
    if (call.type !== "function" || isJson(call.function.arguments)) return call;
    const { name } = call.function;
    const tool = tools?.find((each) => each.type === "function" && each.function.name === name);
    const found = repairedJson(call.function.arguments, repair);
    if (!found || !isObject(found.value)) return call;
    if (tool?.type === "function" && !fits(found.value, tool.function.parameters)) return call;
    mended = true;
    return { ...call, function: { ...call.function, arguments: found.text } };
  });
  return mended
    ? extended(reply, { choices: [{ ...choice, message: { ...message, tool_calls: whole } }, ...rest] })
    : null;
}

/** Nothing at all is how some models call a function that takes nothing. */
function isJson(text: string): boolean {
  if (text.trim() === "") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a value has the shape that a JSON schema asks for, as far as `type`, `enum`, `required`, `properties`,
 * `additionalProperties: false` and `items` say; other keywords are not looked at.
 */
function fits(value: unknown, schema: unknown): boolean {
  if (!isObject(schema)) return true;
  const { type, enum: values, required, properties, items } = schema;
  if (typeof type === "string" ? !isOf(value, type) : Array.isArray(type) && !type.some((each) => isOf(value, each)))
    return false;
  if (Array.isArray(values) && typeof value === "string" && !values.includes(value)) return false;
  if (Array.isArray(value)) return value.every((item) => fits(item, items));
  if (!isObject(value)) return true;
  if (Array.isArray(required) && !required.every((name) => Object.hasOwn(value, String(name)))) return false;
  const known: Fields = isObject(properties) ? properties : {};
  return Object.entries(value).every(([name, member]) =>
    Object.hasOwn(known, name) ? fits(member, known[name]) : schema.additionalProperties !== false,
  );
}

function isOf(value: unknown, type: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return type === "string" || type === "number" || type === "boolean" ? typeof value === type : true;
}
