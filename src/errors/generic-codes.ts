import type { Meaning } from "./vendor-codes.js";

const quota = { kind: "quota" } as const;
const rateLimit = { kind: "rate_limit" } as const;
const overloaded = { kind: "overloaded" } as const;
const server = { kind: "server" } as const;
const auth = { kind: "auth" } as const;
const permission = { kind: "permission" } as const;
const noModel = { kind: "model_not_found" } as const;
const contextLength = { kind: "context_length" } as const;
const filter = { kind: "content_filter" } as const;
const unsupported = { kind: "unsupported", detail: "parameter" } as const;

/**
 * Error codes and types that mean the same wherever they are used (OpenAI, Anthropic, Google and their imitators).
 * Looked up in lower case, after the vendor's own table and before the HTTP status.
 */
export const GENERIC_CODES: { readonly [code: string]: Meaning } = {
  insufficient_quota: quota,
  exceeded_current_quota_error: quota,
  billing_error: quota,
  billing_hard_limit_reached: quota,
  billing_not_active: quota,
  insufficient_balance: quota,
  budget_exceeded: quota,
  insufficient_user_quota: quota,
  payment_required: quota,
  rate_limit_error: rateLimit,
  rate_limit_exceeded: rateLimit,
  rate_limit_reached_error: rateLimit,
  too_many_requests: rateLimit,
  resource_exhausted: rateLimit,
  engine_overloaded_error: overloaded,
  overloaded_error: overloaded,
  overloaded: overloaded,
  model_overloaded: overloaded,
  server_overloaded: overloaded,
  service_unavailable: overloaded,
  service_unavailable_error: overloaded,
  unavailable: overloaded,
  server_error: server,
  api_error: server,
  internal_error: server,
  internal_server_error: server,
  timeout_error: { kind: "timeout", detail: "upstream" },
  deadline_exceeded: { kind: "timeout", detail: "upstream" },
  authentication_error: auth,
  authorized_error: auth,
  incorrect_api_key_error: auth,
  invalid_api_key: auth,
  invalid_authentication_error: auth,
  unauthenticated: auth,
  unauthorized: auth,
  access_denied: permission,
  access_terminated_error: permission,
  permission_denied: permission,
  permission_denied_error: permission,
  permission_error: permission,
  unsupported_country_region_territory: permission,
  model_not_available: noModel,
  model_not_found: noModel,
  model_not_found_error: noModel,
  not_found_error: noModel,
  resource_not_found_error: noModel,
  context_length_exceeded: contextLength,
  context_window_exceeded: contextLength,
  exceed_context_size_error: contextLength,
  request_too_large: { kind: "context_length", detail: "payload" },
  content_filter: filter,
  content_filtered: filter,
  content_policy_violation: filter,
  data_inspection_failed: filter,
  responsibleaipolicyviolation: filter,
  unsupported_parameter: unsupported,
  unsupported_value: unsupported,
};

/** Types that vendors put on nearly anything: they speak only where the HTTP status says nothing. */
export const WEAK_CODES: { readonly [code: string]: Meaning } = {
  bad_request: { kind: "invalid_request" },
  bad_request_error: { kind: "invalid_request" },
  invalid_argument: { kind: "invalid_request" },
  invalid_request_error: { kind: "invalid_request" },
  validation_error: { kind: "invalid_request" },
};

/** Finish reasons that are failures by themselves, beyond the vendor's own. */
export const FINISH_REASONS: { readonly [reason: string]: Meaning } = {
  content_filter: filter,
  sensitive: filter,
  network_error: server,
  error: server,
  abort: server,
  insufficient_system_resource: overloaded,
  model_context_window_exceeded: contextLength,
};
