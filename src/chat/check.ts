/** What is wrong with a request, and where. */
export interface RequestIssue {
  /** Such as `messages[2].role`. */
  readonly path: string;
  readonly message: string;
}

const ROLES = new Set(["system", "developer", "user", "assistant", "tool", "function"]);
const NUMBERS = ["temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "top_logprobs"] as const;
const COUNTS = ["max_tokens", "max_completion_tokens"] as const;
const FLAGS = ["logprobs", "parallel_tool_calls", "store", "stream"] as const;
const FORMATS = new Set(["text", "json_object", "json_schema"]);
/** Nesting beyond this is refused: no vendor reads it, and it is how a circular value shows. */
export const MAX_REQUEST_DEPTH = 64;

type Fields = Record<string, unknown>;

/** A cheap look at a request's shape before anything is sent; `null` when it is fine. Unknown fields pass. Never throws. */
export function checkRequest(request: unknown): RequestIssue | null {
  try {
    return check(request);
  } catch {
    return issue("", "the request cannot be read: one of its fields throws");
  }
}

function check(request: unknown): RequestIssue | null {
  if (!isObject(request)) return issue("", "a request is an object with messages");
  const { messages } = request;
  if (!Array.isArray(messages)) return issue("messages", "must be an array of messages");
  if (messages.length === 0) return issue("messages", "must hold at least one message");
  for (let i = 0; i < messages.length; i++) {
    const found = checkMessage(messages[i], i);
    if (found !== null) return found;
  }
  return checkModel(request) ?? checkFields(request);
}

function checkMessage(message: unknown, index: number): RequestIssue | null {
  const at = (rest: string) => `messages[${index}]${rest}`;
  if (!isObject(message)) return issue(at(""), "must be an object");
  const { role, content } = message;
  if (typeof role !== "string" || !ROLES.has(role)) {
    return issue(at(".role"), "must be system, developer, user, assistant, tool or function");
  }
  if (typeof content !== "string") {
    const found = checkContent(content, role, message, at);
    if (found !== null) return found;
  }
  if (role === "tool" && typeof message.tool_call_id !== "string") {
    return issue(at(".tool_call_id"), "must be the id of the call this answers");
  }
  if (role === "function" && typeof message.name !== "string") return issue(at(".name"), "must be a string");
  if (role === "assistant" && message.tool_calls !== undefined && message.tool_calls !== null) {
    return checkToolCalls(message.tool_calls, at);
  }
  return null;
}

function checkContent(
  content: unknown,
  role: string,
  message: Fields,
  at: (rest: string) => string,
): RequestIssue | null {
  if (content === undefined || content === null) {
    if (role === "assistant" || (role === "function" && content === null)) return null;
    return issue(at(".content"), "must be a string or an array of parts");
  }
  if (!Array.isArray(content) || role === "function")
    return issue(at(".content"), "must be a string or an array of parts");
  if (content.length === 0 && role !== "assistant") return issue(at(".content"), "must hold at least one part");
  for (let p = 0; p < content.length; p++) {
    const part: unknown = content[p];
    const path = at(`.content[${p}]`);
    if (!isObject(part) || typeof part.type !== "string") return issue(path, "must be an object with a type");
    if (part.type === "text" && typeof part.text !== "string") return issue(`${path}.text`, "must be a string");
    if (part.type === "image_url") {
      const image = part.image_url;
      if (!isObject(image) || typeof image.url !== "string" || image.url === "") {
        return issue(`${path}.image_url.url`, "must be an http(s) or data URL");
      }
    }
    const found = checkDepth(part, path, 2);
    if (found !== null) return found;
  }
  return checkDepth(message.provider_state, at(".provider_state"), 1);
}

function checkToolCalls(calls: unknown, at: (rest: string) => string): RequestIssue | null {
  if (!Array.isArray(calls)) return issue(at(".tool_calls"), "must be an array");
  for (let c = 0; c < calls.length; c++) {
    const call: unknown = calls[c];
    const path = at(`.tool_calls[${c}]`);
    if (!isObject(call)) return issue(path, "must be an object");
    if (typeof call.id !== "string") return issue(`${path}.id`, "must be a string");
    if (call.type === "custom") continue;
    const named = call.function;
    if (!isObject(named) || typeof named.name !== "string") return issue(`${path}.function.name`, "must be a string");
    if (typeof named.arguments !== "string") return issue(`${path}.function.arguments`, "must be JSON text");
  }
  return null;
}

function checkModel(request: Fields): RequestIssue | null {
  const { model, models } = request;
  if (model !== undefined && model !== null && (typeof model !== "string" || model === "")) {
    return issue("model", "must be a non-empty string");
  }
  if (models === undefined || models === null) return null;
  if (!Array.isArray(models) || models.length === 0) return issue("models", "must be a non-empty array of model ids");
  for (let i = 0; i < models.length; i++) {
    if (typeof models[i] !== "string" || models[i] === "") return issue(`models[${i}]`, "must be a non-empty string");
  }
  return null;
}

function checkFields(request: Fields): RequestIssue | null {
  for (const name of NUMBERS) {
    const value = request[name];
    if (value !== undefined && value !== null && !Number.isFinite(value)) return issue(name, "must be a finite number");
  }
  for (const name of COUNTS) {
    const value = request[name];
    if (value !== undefined && value !== null && !(Number.isInteger(value) && (value as number) > 0)) {
      return issue(name, "must be a whole number above 0");
    }
  }
  for (const name of FLAGS) {
    const value = request[name];
    if (value !== undefined && value !== null && typeof value !== "boolean")
      return issue(name, "must be true or false");
  }
  const { n, stop, response_format: format } = request;
  if (n !== undefined && n !== null && n !== 1) return issue("n", "only 1 answer per request is served");
  if (stop !== undefined && stop !== null && typeof stop !== "string" && !isStrings(stop)) {
    return issue("stop", "must be a string or an array of strings");
  }
  if (format !== undefined && format !== null) {
    if (!isObject(format) || typeof format.type !== "string" || !FORMATS.has(format.type)) {
      return issue("response_format.type", "must be text, json_object or json_schema");
    }
    if (
      format.type === "json_schema" &&
      (!isObject(format.json_schema) || typeof format.json_schema.name !== "string")
    ) {
      return issue("response_format.json_schema.name", "must be a string");
    }
  }
  return checkTools(request.tools) ?? checkProviderOptions(request.providerOptions) ?? checkRest(request);
}

function checkTools(tools: unknown): RequestIssue | null {
  if (tools === undefined || tools === null) return null;
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

function checkProviderOptions(options: unknown): RequestIssue | null {
  if (options === undefined || options === null) return null;
  if (!isObject(options)) return issue("providerOptions", "must be an object of provider ids");
  for (const id of Object.keys(options)) {
    if (!isObject(options[id])) return issue(`providerOptions.${id}`, "must be an object of fields");
  }
  return null;
}

/** What remains is passed on as it is; it only has to be JSON. */
function checkRest(request: Fields): RequestIssue | null {
  for (const name of Object.keys(request)) {
    if (name === "messages") continue;
    const value = request[name];
    if (typeof value === "bigint") return issue(name, "must be JSON: a bigint is not");
    if (typeof value === "object" && value !== null) {
      const found = checkDepth(value, name, 1);
      if (found !== null) return found;
    }
  }
  return null;
}

function checkDepth(value: unknown, path: string, depth: number): RequestIssue | null {
  const wrong = wrongWith(value, depth);
  return wrong === null ? null : issue(path, wrong);
}

function wrongWith(value: unknown, depth: number): string | null {
  if (typeof value === "bigint") return "must be JSON: a bigint is not";
  if (typeof value !== "object" || value === null) return null;
  if (depth > MAX_REQUEST_DEPTH) return `must be JSON: nested deeper than ${MAX_REQUEST_DEPTH}, or circular`;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const wrong = wrongWith(value[i], depth + 1);
      if (wrong !== null) return wrong;
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    const wrong = wrongWith((value as Fields)[key], depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}

function issue(path: string, message: string): RequestIssue {
  return { path, message };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
