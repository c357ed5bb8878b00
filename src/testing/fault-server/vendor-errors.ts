import { json } from "./answers.js";
import type { Headers } from "./http-text.js";
import type { Fault } from "./types.js";

/** An error as a vendor sends it: status and body. Shapes after the vendors' public documentation and recorded bodies. */
export interface VendorError {
  /** The HTTP status. */
  readonly status: number;
  /** The body: an object is sent as JSON. */
  readonly body: unknown;
  /** The headers. */
  readonly headers?: Headers | undefined;
}

const minimax = (status: number, code: number, type: string, message: string): VendorError => ({
  status,
  body: {
    type: "error",
    error: { type, message: `${message} (${code})`, http_code: String(status) },
    request_id: "06-test",
  },
});
/** MiniMax's native form: HTTP 200, the fault inside. */
const baseResp = (code: number, message: string): VendorError => ({
  status: 200,
  body: { choices: null, base_resp: { status_code: code, status_msg: message } },
});
const glm = (status: number, code: string, message: string): VendorError => ({
  status,
  body: { error: { code, message } },
});
const kimi = (status: number, type: string, message: string): VendorError => ({
  status,
  body: { error: { message, type } },
});
const openai = (status: number, code: string | null, type: string, message: string): VendorError => ({
  status,
  body: { error: { message, type, param: null, code } },
});
const anthropic = (status: number, type: string, message: string): VendorError => ({
  status,
  body: { type: "error", error: { type, message } },
});

type Cases<Name extends string> = { readonly [name in Name]: VendorError };

/** Error answers by vendor and case. */
export type VendorErrors = {
  /** Answers of MiniMax. */
  readonly minimax: Cases<
    | "rate_limit"
    | "auth"
    | "quota"
    | "quota_500"
    | "plan_window"
    | "context_length"
    | "model_not_found"
    | "invalid_request"
    | "content_filter"
    | "server"
  >;
  /** Answers of GLM (Z.ai). */
  readonly glm: Cases<
    | "concurrency"
    | "overloaded"
    | "quota"
    | "plan_limit"
    | "auth"
    | "permission"
    | "locked"
    | "model_not_found"
    | "invalid_request"
    | "context_length"
    | "content_filter"
    | "server"
  >;
  /** Answers of Kimi (Moonshot). */
  readonly kimi: Cases<
    | "rate_limit"
    | "quota"
    | "overloaded"
    | "auth"
    | "context_length"
    | "content_filter"
    | "temperature"
    | "model_not_found"
    | "payload"
  >;
  /** Answers of OpenAI. */
  readonly openai: Cases<
    "rate_limit" | "quota" | "auth" | "context_length" | "model_not_found" | "content_filter" | "server"
  >;
  /** Answers of Anthropic. */
  readonly anthropic: Cases<
    "rate_limit" | "overloaded" | "auth" | "permission" | "billing" | "not_found" | "too_large" | "server"
  >;
};

/** Error answers by vendor and case, for `vendorError(...)`. */
export const VENDOR_ERRORS: VendorErrors = {
  minimax: {
    rate_limit: baseResp(1002, "rate limit"),
    auth: baseResp(1004, "authentication failed: Please carry the API secret key"),
    quota: baseResp(1008, "insufficient balance"),
    quota_500: minimax(500, 1008, "insufficient_balance_error", "insufficient balance"),
    plan_window: minimax(429, 2056, "rate_limit_error", "usage limit exceeded, resets at 2099-05-15T15:00:00Z"),
    context_length: minimax(400, 2013, "bad_request_error", "invalid params, context window exceeds limit"),
    model_not_found: minimax(400, 2013, "bad_request_error", "invalid params, unknown model 'minimax-x'"),
    invalid_request: minimax(400, 2013, "bad_request_error", "invalid params, invalid function arguments json string"),
    content_filter: minimax(400, 1026, "bad_request_error", "input new_sensitive"),
    server: minimax(500, 1000, "api_error", "unknown error, 999"),
  },
  glm: {
    concurrency: glm(429, "1302", "High concurrency usage of this API, please reduce concurrency"),
    overloaded: glm(429, "1305", "The API is currently experiencing high traffic. Please try again later."),
    quota: glm(429, "1113", "Insufficient balance or no resource package. Please recharge."),
    plan_limit: glm(429, "1308", "Usage limit reached for 5 hour. Your limit will reset at 2099-09-04 19:01:25"),
    auth: glm(401, "1001", "Header did not receive Authorization parameter"),
    permission: glm(403, "1220", "You do not have permission to access glm-x"),
    locked: glm(429, "1121", "Your account has been locked"),
    model_not_found: glm(400, "1211", "Unknown Model, please check the model code."),
    invalid_request: glm(400, "1210", "Invalid API parameter, please check the documentation."),
    context_length: glm(400, "1261", "Prompt exceeds max length"),
    content_filter: glm(400, "1301", "The system has detected potentially unsafe or sensitive content"),
    server: glm(500, "500", "Internal Error"),
  },
  kimi: {
    rate_limit: kimi(
      429,
      "rate_limit_reached_error",
      "Your account request reached max concurrency: 1, please try again after 1 seconds",
    ),
    quota: kimi(
      429,
      "exceeded_current_quota_error",
      "Your account is suspended due to insufficient balance, please recharge",
    ),
    overloaded: kimi(429, "engine_overloaded_error", "The engine is currently overloaded, please try again later"),
    auth: kimi(401, "invalid_authentication_error", "Invalid Authentication"),
    context_length: kimi(
      400,
      "invalid_request_error",
      "Invalid request: Your request exceeded model token limit: 262144",
    ),
    content_filter: kimi(400, "content_filter", "The request was rejected because it was considered high risk"),
    temperature: kimi(400, "invalid_request_error", "invalid temperature: only 1 is allowed for this model"),
    model_not_found: kimi(404, "resource_not_found_error", "Not found the model kimi-x or Permission denied"),
    payload: kimi(400, "invalid_request_error", "total message size 5000000 exceeds limit 4194304"),
  },
  openai: {
    rate_limit: openai(429, "rate_limit_exceeded", "requests", "Rate limit reached for requests"),
    quota: openai(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
    auth: openai(401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided"),
    context_length: openai(
      400,
      "context_length_exceeded",
      "invalid_request_error",
      "This model's maximum context length is 8192 tokens",
    ),
    model_not_found: openai(404, "model_not_found", "invalid_request_error", "The model `x` does not exist"),
    content_filter: openai(400, "content_filter", "invalid_request_error", "The response was filtered"),
    server: openai(500, null, "server_error", "The server had an error while processing your request"),
  },
  anthropic: {
    rate_limit: anthropic(429, "rate_limit_error", "This request would exceed your rate limit"),
    overloaded: anthropic(529, "overloaded_error", "Overloaded"),
    auth: anthropic(401, "authentication_error", "invalid x-api-key"),
    permission: anthropic(403, "permission_error", "Your API key does not have permission"),
    billing: anthropic(402, "billing_error", "Your credit balance is too low"),
    not_found: anthropic(404, "not_found_error", "model: x"),
    too_large: anthropic(413, "request_too_large", "Request exceeds the maximum size"),
    server: anthropic(500, "api_error", "Internal server error"),
  },
};

/** The error answer of a vendor: `vendorError(VENDOR_ERRORS.glm.quota)`. */
export function vendorError({ status, body, headers }: VendorError, more: Headers = {}): Fault {
  return json(status, body, { ...headers, ...more });
}
