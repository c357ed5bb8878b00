import type { ResponseFormat, Tool, ToolChoice } from "../request.js";
import { isRaw, type Raw } from "./items.js";

/** A tool as the Responses API takes it: flat, and strict only where that was asked for, because strict is its default. */
export function toResponsesTool(tool: Tool): unknown {
  if (tool.type === "function") {
    const { name, description, parameters, strict } = tool.function;
    const schema = parameters ?? { type: "object", properties: {} };
    return { type: "function", name, ...described(description), parameters: schema, strict: strict === true };
  }
  if (tool.type !== "custom") return tool;
  const { name, description, format } = tool.custom;
  return { type: "custom", name, ...described(description), ...(format === undefined ? {} : { format: flat(format) }) };
}

/** The way back; a hosted tool (`web_search`, `mcp`, ...) stays as it is. */
export function fromResponsesTool(tool: Raw): Tool {
  const { type, name, description, parameters, strict, format } = tool;
  if (type === "function") {
    const named: Raw = {
      name,
      ...described(description),
      ...(isRaw(parameters) ? { parameters } : {}),
      ...(typeof strict === "boolean" ? { strict } : {}),
    };
    return { type, function: named } as unknown as Tool;
  }
  if (type !== "custom") return tool as unknown as Tool;
  const custom = { name, ...described(description), ...(format === undefined ? {} : { format: nested(format) }) };
  return { type, custom } as unknown as Tool;
}

/** Whether the vendor runs this tool itself. */
export function isHosted(tool: Raw): boolean {
  return tool.type !== "function" && tool.type !== "custom";
}

/** `tool_choice` as the Responses API takes it. */
export function toResponsesChoice(choice: ToolChoice): unknown {
  if (typeof choice === "string") return choice;
  if (choice.type === "function") return { type: "function", name: choice.function.name };
  if (choice.type === "custom") return { type: "custom", name: choice.custom.name };
  if (choice.type !== "allowed_tools") return choice;
  const { mode, tools } = choice.allowed_tools;
  return { type: "allowed_tools", mode, tools: tools.map(flatReference) };
}

/** The way back; a choice that names a hosted tool stays as it is. */
export function fromResponsesChoice(choice: Raw | string): ToolChoice {
  if (typeof choice === "string") return choice as ToolChoice;
  const { type, name, mode, tools } = choice;
  if (type === "function") return { type, function: { name: String(name) } };
  if (type === "custom") return { type, custom: { name: String(name) } };
  if (type !== "allowed_tools" || !Array.isArray(tools)) return choice as unknown as ToolChoice;
  const references = tools.filter(isRaw).map(nestedReference);
  return { type, allowed_tools: { mode: mode === "required" ? "required" : "auto", tools: references } };
}

/** `response_format` as `text.format`. */
export function toTextFormat(format: ResponseFormat): unknown {
  return format.type === "json_schema" ? { type: "json_schema", ...format.json_schema } : format;
}

/** The way back. */
export function fromTextFormat(format: Raw): ResponseFormat {
  const { type, ...schema } = format;
  return (type === "json_schema" ? { type, json_schema: schema } : format) as unknown as ResponseFormat;
}

function described(description: unknown): { description?: string } {
  return typeof description === "string" ? { description } : {};
}

/** Chat completions put a grammar one level deeper. */
function flat(format: unknown): unknown {
  const grammar = isRaw(format) ? format.grammar : undefined;
  return isRaw(grammar) ? { type: "grammar", ...grammar } : format;
}

function nested(format: unknown): unknown {
  if (!isRaw(format) || format.type !== "grammar" || isRaw(format.grammar)) return format;
  const { type, ...grammar } = format;
  return { type, grammar };
}

function flatReference(tool: Raw): Raw {
  const named = typeof tool.type === "string" ? tool[tool.type] : undefined;
  return isRaw(named) ? { type: tool.type, name: named.name } : tool;
}

function nestedReference(tool: Raw): { [key: string]: unknown } {
  const { type, name } = tool;
  return type === "function" || type === "custom" ? { type, [type]: { name } } : { ...tool };
}
