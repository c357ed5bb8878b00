import type { CodeMeaning, VendorCodes } from "../../errors/vendor-codes.js";

const auth: CodeMeaning = { kind: "auth" };
const permission: CodeMeaning = { kind: "permission" };
const quota: CodeMeaning = { kind: "quota" };
const planQuota: CodeMeaning = { kind: "quota", detail: "plan" };
const rateLimit: CodeMeaning = { kind: "rate_limit" };
const overloaded: CodeMeaning = { kind: "overloaded" };
const invalid: CodeMeaning = { kind: "invalid_request" };
const server: CodeMeaning = { kind: "server" };
const parameter: CodeMeaning = {
  kind: "invalid_request",
  refine: [
    {
      kind: "unsupported",
      detail: "parameter",
      pattern: /max_tokens|thinking|reasoning_effort|response_format|tool_choice|temperature|top_p/i,
    },
  ],
};

/**
 * Zhipu / Z.ai: the code is a string in `error.code`, on both wires. HTTP 429 stands for concurrency, overload, an empty
 * balance and a locked account alike, so only the code tells. Messages may be Chinese.
 */
export const GLM_CODES: VendorCodes = {
  codes: {
    "434": permission,
    "500": server,
    "1000": auth,
    "1001": auth,
    "1002": auth,
    "1003": auth,
    "1004": auth,
    "1110": permission,
    "1111": permission,
    "1112": { kind: "permission", detail: "locked" },
    "1113": quota,
    "1120": server,
    "1121": { kind: "permission", detail: "locked" },
    "1200": server,
    "1210": parameter,
    "1211": { kind: "model_not_found" },
    "1212": { kind: "model_not_found", detail: "method" },
    "1213": invalid,
    "1214": invalid,
    "1215": invalid,
    "1220": permission,
    "1221": { kind: "model_not_found", detail: "api" },
    "1222": { kind: "model_not_found", detail: "api" },
    "1230": invalid,
    "1231": { kind: "invalid_request", detail: "duplicate" },
    "1234": { kind: "server", detail: "upstream_network" },
    "1261": { kind: "context_length" },
    "1301": { kind: "content_filter" },
    "1302": rateLimit, // concurrency or requests: heals in seconds
    "1303": rateLimit,
    "1304": { kind: "quota", detail: "day" },
    "1305": overloaded,
    "1308": planQuota,
    "1309": planQuota,
    "1310": planQuota,
    "1311": { kind: "permission", detail: "plan" },
    "1312": overloaded,
    "1313": { kind: "rate_limit", detail: "fair_use" },
    "1316": planQuota,
    "1317": planQuota,
    "1318": planQuota,
    "1319": planQuota,
    "1320": planQuota,
    "1321": planQuota,
  },
};
