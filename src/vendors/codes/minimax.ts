import type { CodeMeaning, VendorCodes } from "../../errors/vendor-codes.js";

const auth: CodeMeaning = { kind: "auth" };
const rateLimit: CodeMeaning = { kind: "rate_limit" };
const server: CodeMeaning = { kind: "server" };

/**
 * MiniMax: the code stands in brackets at the end of the message on the chat route, in `base_resp` (on HTTP 200) on
 * others. After the published error page; the vendor's own command line maps 1002 and 1039 to the content filter, which
 * contradicts that page. Codes marked "seen" are not on it.
 */
export const MINIMAX_CODES: VendorCodes = {
  codes: {
    "1000": { kind: "server", refine: [{ kind: "overloaded", pattern: /overload|busy|too many requests|load/i }] },
    "1001": { kind: "timeout", detail: "upstream" },
    "1002": {
      kind: "rate_limit",
      refine: [{ kind: "content_filter", pattern: /sensitive|content (?:filter|safety|policy)/i }],
    },
    "1004": auth,
    "1008": { kind: "quota" },
    "1024": server,
    "1026": { kind: "content_filter", detail: "input" },
    "1027": { kind: "content_filter", detail: "output" },
    "1033": { kind: "overloaded" },
    // Seen: the prompt's tokens, or the tokens of a minute.
    "1039": {
      kind: "context_length",
      refine: [{ kind: "rate_limit", pattern: /rate|per minute|tpm|retry|try again/i }],
    },
    "1041": rateLimit, // seen: connections
    "1042": { kind: "invalid_request", detail: "characters" }, // seen: too many invisible characters
    // One code for every fault of the request.
    "2013": {
      kind: "invalid_request",
      refine: [
        { kind: "context_length", pattern: /context window|context length|too long|exceeds? (?:the )?limit/i },
        { kind: "model_not_found", pattern: /unknown model|model not (?:found|exist)|unsupported model/i },
        {
          kind: "unsupported",
          detail: "history",
          pattern: /invalid function arguments|tool (?:call|result)|chat setting/i,
        },
        { kind: "unsupported", detail: "parameter", pattern: /requires adaptive thinking|max_(?:completion_)?tokens/i },
      ],
    },
    "2045": rateLimit, // seen: growth of traffic
    "2049": auth, // seen: bad key
    "2056": { kind: "quota", detail: "plan" }, // seen: the plan's window is used up
    "2061": { kind: "permission", detail: "plan" }, // seen: the plan lacks the model
  },
};
