import { checkJson, type Fields, isObject, issue, type RequestIssue } from "./check-value.js";

const ROLES = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

/** Looks at one message; `null` when it is fine. */
export function checkMessage(message: unknown, index: number): RequestIssue | null {
  if (!isObject(message)) return issue(at(index, ""), "must be an object");
  const { role, content } = message;
  if (typeof role !== "string" || !ROLES.has(role)) {
    return issue(at(index, ".role"), "must be system, developer, user, assistant, tool or function");
  }
  if (typeof content !== "string") {
    const found = checkContent(content, role, index);
    if (found !== null) return found;
  }
  if (role === "tool" && typeof message.tool_call_id !== "string") {
    return issue(at(index, ".tool_call_id"), "must be the id of the call this answers");
  }
  if (role === "function" && typeof message.name !== "string") return issue(at(index, ".name"), "must be a string");
  if (role === "assistant" && message.tool_calls !== undefined && message.tool_calls !== null) {
    const found = checkToolCalls(message.tool_calls, index);
    if (found !== null) return found;
  }
  return checkRest(message, index);
}

/** The fields nobody looked at only have to be JSON. */
function checkRest(message: Fields, index: number): RequestIssue | null {
  for (const name of Object.keys(message)) {
    const value = message[name];
    if (typeof value === "string" || value === null || value === undefined) continue;
    const found = checkJson(value, at(index, `.${name}`));
    if (found !== null) return found;
  }
  return null;
}

function checkContent(content: unknown, role: string, index: number): RequestIssue | null {
  if (content === undefined || content === null) {
    if (role === "assistant" || (role === "function" && content === null)) return null;
    return issue(at(index, ".content"), "must be a string or an array of parts");
  }
  if (!Array.isArray(content) || role === "function") {
    return issue(at(index, ".content"), "must be a string or an array of parts");
  }
  if (content.length === 0 && role !== "assistant") return issue(at(index, ".content"), "must hold at least one part");
  for (let p = 0; p < content.length; p++) {
    const part: unknown = content[p];
    const path = at(index, `.content[${p}]`);
    if (!isObject(part) || typeof part.type !== "string") return issue(path, "must be an object with a type");
    if (part.type === "text" && typeof part.text !== "string") return issue(`${path}.text`, "must be a string");
    if (part.type === "image_url") {
      const image = part.image_url;
      if (!isObject(image) || typeof image.url !== "string" || image.url === "") {
        return issue(`${path}.image_url.url`, "must be an http(s) or data URL");
      }
    }
  }
  return null;
}

function checkToolCalls(calls: unknown, index: number): RequestIssue | null {
  if (!Array.isArray(calls)) return issue(at(index, ".tool_calls"), "must be an array");
  for (let c = 0; c < calls.length; c++) {
    const call: unknown = calls[c];
    const path = at(index, `.tool_calls[${c}]`);
    if (!isObject(call)) return issue(path, "must be an object");
    if (typeof call.id !== "string") return issue(`${path}.id`, "must be a string");
    if (call.type === "custom") continue;
    const named = call.function;
    if (!isObject(named) || typeof named.name !== "string") return issue(`${path}.function.name`, "must be a string");
    if (typeof named.arguments !== "string") return issue(`${path}.function.arguments`, "must be JSON text");
  }
  return null;
}

function at(index: number, rest: string): string {
  return `messages[${index}]${rest}`;
}
