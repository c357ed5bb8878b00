import type { VendorCodes } from "../../errors/vendor-codes.js";

/**
 * Moonshot: words in `error.type` rather than numbers, most of them the usual ones. What is told apart here by phrase:
 * a plan's limit and an overloaded engine both come as 429, and faults of the history are refusals by this vendor alone.
 */
export const KIMI_CODES: VendorCodes = {
  codes: {
    // The coding plan says this type for an overloaded engine and for a used-up plan as well.
    rate_limit_error: {
      kind: "rate_limit",
      refine: [
        { kind: "quota", detail: "plan", pattern: /usage limit|quota|insufficient balance/i },
        { kind: "overloaded", pattern: /engine[^.]{0,40}overloaded|receiving too many requests/i },
      ],
    },
    exceeded_current_quota_error: { kind: "quota" },
    resource_not_found_error: { kind: "model_not_found" },
  },
  patterns: [
    { kind: "permission", detail: "plan", pattern: /only available for coding agents/i },
    { kind: "quota", detail: "plan", pattern: /usage limit/i },
    { kind: "unsupported", detail: "history", pattern: /reasoning_content is missing|text content is empty/i },
    {
      kind: "unsupported",
      detail: "parameter",
      pattern: /is allowed for this model|unsupported image url|tool_choice/i,
    },
    { kind: "context_length", pattern: /exceeded model token limit|input token length (?:is )?too long/i },
  ],
};
