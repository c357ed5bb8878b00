import { checkMessage } from "./check-message.js";
import { checkJson, type Fields, isObject, issue, type RequestIssue } from "./check-value.js";

const FORMATS = new Set(["text", "json_object", "json_schema"]);

/**
 * Options of a call. Among the fields of a request they would go to the vendor and do nothing here: a budget that counts
 * nobody, a deadline that never ends. `metadata` is not among them, since it is a field as well. A test of the router
 * keeps this list and `CallOptions` in step.
 */
export const CALL_OPTIONS: ReadonlySet<string> = new Set([
  "allow",
  "cache",
  "conversationId",
  "deny",
  "fallback",
  "headers",
  "maxCostUsd",
  "output",
  "priority",
  "require",
  "requireTags",
  "retry",
  "sensitivity",
  "sessionKey",
  "signal",
  "strategy",
  "tags",
  "taskType",
  "tenant",
  "timeoutMs",
  "timeouts",
]);

const MISPLACED = "is an option of the call, not a field of the request: give it as the second argument, chat(request,";

/** A cheap look at a request's shape before anything is sent; `null` when it is fine. Unknown fields pass. Never throws. */
export function checkRequest(request: unknown): RequestIssue | null {
  try {
    return check(request);
  } catch {
    return issue("request", "cannot be read: one of its fields throws");
  }
}

function check(request: unknown): RequestIssue | null {
  if (!isObject(request)) return issue("request", "must be an object with messages");
  const { messages } = request;
  if (!Array.isArray(messages)) return issue("messages", "must be an array of messages");
  if (messages.length === 0) return issue("messages", "must hold at least one message");
  for (let i = 0; i < messages.length; i++) {
    const found = checkMessage(messages[i], i);
    if (found !== null) return found;
  }
  return checkFields(request);
}

function checkFields(request: Fields): RequestIssue | null {
  for (const name of Object.keys(request)) {
    const value = request[name];
    if (value === undefined || value === null) continue;
    const found = checkField(name, value);
    if (found !== null) return found;
  }
  return null;
}

function checkField(name: string, value: unknown): RequestIssue | null {
  switch (name) {
    case "messages":
      return null;
    case "model":
      return typeof value === "string" && value !== "" ? null : issue(name, "must be a non-empty string");
    case "models":
      return checkModels(value);
    case "temperature":
    case "top_p":
    case "top_logprobs":
      return Number.isFinite(value) && (value as number) >= 0 ? null : issue(name, "must be a number, 0 or more");
    case "frequency_penalty":
    case "presence_penalty":
    case "seed":
      return Number.isFinite(value) ? null : issue(name, "must be a finite number");
    case "max_tokens":
    case "max_completion_tokens":
      return Number.isInteger(value) && (value as number) > 0 ? null : issue(name, "must be a whole number above 0");
    case "logprobs":
    case "parallel_tool_calls":
    case "store":
    case "stream":
      return typeof value === "boolean" ? null : issue(name, "must be true or false");
    case "n":
      return value === 1 ? null : issue(name, "only 1 answer per request is served");
    case "stop":
      return typeof value === "string" || isStrings(value)
        ? null
        : issue(name, "must be a string or an array of strings");
    case "response_format":
      return checkFormat(value) ?? checkJson(value, name);
    case "tools":
      return checkTools(value) ?? checkJson(value, name);
    case "reasoning_effort":
      return typeof value === "string" ? null : issue(name, "must be a string");
    case "tool_choice":
      return checkChoice(value) ?? checkJson(value, name);
    case "stream_options":
      return isObject(value) ? checkJson(value, name) : issue(name, "must be an object");
    case "providerOptions":
      return checkProviderOptions(value) ?? checkJson(value, name);
    default:
      return CALL_OPTIONS.has(name) ? issue(name, `${MISPLACED} { ${name} })`) : checkJson(value, name);
  }
}

function checkModels(models: unknown): RequestIssue | null {
  if (!Array.isArray(models) || models.length === 0) return issue("models", "must be a non-empty array of model ids");
  for (let i = 0; i < models.length; i++) {
    if (typeof models[i] !== "string" || models[i] === "") return issue(`models[${i}]`, "must be a non-empty string");
  }
  return null;
}

function checkFormat(format: unknown): RequestIssue | null {
  if (!isObject(format) || typeof format.type !== "string" || !FORMATS.has(format.type)) {
    return issue("response_format.type", "must be text, json_object or json_schema");
  }
  if (format.type === "json_schema" && (!isObject(format.json_schema) || typeof format.json_schema.name !== "string")) {
    return issue("response_format.json_schema.name", "must be a string");
  }
  return null;
}

function checkTools(tools: unknown): RequestIssue | null {
  if (!Array.isArray(tools)) return issue("tools", "must be an array of tools");
  for (let i = 0; i < tools.length; i++) {
    const tool: unknown = tools[i];
    if (!isObject(tool) || typeof tool.type !== "string") return issue(`tools[${i}]`, "must be an object with a type");
    const named = tool[tool.type];
    if ((tool.type === "function" || tool.type === "custom") && (!isObject(named) || typeof named.name !== "string")) {
      return issue(`tools[${i}].${tool.type}.name`, "must be a string");
    }
  }
  return null;
}

/** Names what is chosen; kinds of a vendor's own pass. */
function checkChoice(choice: unknown): RequestIssue | null {
  if (typeof choice === "string") return null;
  if (!isObject(choice)) return issue("tool_choice", "must be a string or an object");
  const { type } = choice;
  if (typeof type !== "string") return issue("tool_choice.type", "must be a string");
  const named = choice[type];
  if (type === "function" || type === "custom") {
    if (isObject(named) && typeof named.name === "string") return null;
    return issue(`tool_choice.${type}.name`, "must be a string");
  }
  if (type !== "allowed_tools") return null;
  const isList = isObject(named) && Array.isArray(named.tools) && named.tools.every(isObject);
  return isList ? null : issue("tool_choice.allowed_tools.tools", "must be an array of tools");
}

function checkProviderOptions(options: unknown): RequestIssue | null {
  if (!isObject(options)) return issue("providerOptions", "must be an object of provider ids");
  for (const id of Object.keys(options)) {
    if (!isObject(options[id])) return issue(`providerOptions.${id}`, "must be an object of fields");
  }
  return null;
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
