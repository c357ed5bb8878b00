import type { MessagePattern } from "./vendor-codes.js";

/** A phrase that means the same at every vendor, and the statuses that leave room for it. */
interface StatusPattern extends MessagePattern {
  readonly statuses: readonly number[];
}

/**
 * A request that is larger than a limit of tokens per minute: no wait makes it fit, so it is no rate limit to wait for
 * (OpenAI as a 429, Groq as a 413).
 */
export const TOO_LARGE_FOR_A_MINUTE: StatusPattern = {
  pattern: /request too large[^\n]{0,240}\b(?:tokens per min|tpm\b)/i,
  kind: "context_length",
  detail: "tokens_per_minute",
  statuses: [400, 413, 429],
};

// A phrase never overrides a status that is clear by itself (401, 404, 429 "rate limit" ...), and digits never count:
// "context length is 15000" is not a 500, and "401 ... key ...429" is not a rate limit. Tried in order; all linear.
const PATTERNS: readonly StatusPattern[] = [
  TOO_LARGE_FOR_A_MINUTE,
  {
    // In the words of OpenAI, Anthropic, Gemini, xAI, vLLM, SGLang, llama.cpp, TGI, LM Studio, Qwen and Mistral.
    pattern:
      /exceeds? (?:the )?(?:available )?context (?:limit|size)|token count[^.]{0,60}exceeds|tokens? exceeds? the configured limit|maximum prompt length is|longer than the (?:maximum model length|model's context length)|too long to fit into the model|tokens?`? must be <= ?\d|must have less than \d{1,9} tokens|context (?:the )?overflows|greater than the context length|range of input length should be|too large for model with|exceed_context_size/i,
    kind: "context_length",
    statuses: [400, 413, 422, 500],
  },
  {
    // A router of models whose endpoints lack what this request needs, by its tools, images or data policy.
    pattern: /no (?:allowed |available )?(?:endpoints?|providers?)\b[^.]{0,80}(?:support|match|satisf|comply|handle)/i,
    kind: "unsupported",
    detail: "parameter",
    statuses: [400, 403, 404, 422],
  },
  {
    // The balance pays for a shorter answer.
    pattern: /can only afford|(?:fewer|lower|reduce)[^.]{0,20}max_tokens/i,
    kind: "quota",
    detail: "request",
    statuses: [402],
  },
  {
    pattern:
      /maximum context length|context[ _-]?(?:length|window)[^.]{0,40}exceed|exceed[^.]{0,60}context[ _-]?(?:length|window)|exceeded model token limit|prompt is too long|input (?:token )?length (?:is )?too long|input is too long|too many (?:input )?tokens|reduce the length of the (?:messages|prompt)/i,
    kind: "context_length",
    statuses: [400, 413, 422, 500],
  },
  {
    pattern: /message size (?:\d{1,15} )?exceeds|(?:request|payload|body)(?: entity)? (?:is )?too large/i,
    kind: "context_length",
    detail: "payload",
    statuses: [400, 413, 422],
  },
  {
    pattern:
      /content[ _-]?(?:filter|policy|management policy)|(?:input|prompt|content|message|request)[^.]{0,60} flagged|requires moderation|high[ -]risk|sensitive (?:content|words|information)|safety system|敏感|违规/i,
    kind: "content_filter",
    statuses: [400, 403, 422],
  },
  {
    pattern:
      /insufficient[ _](?:balance|quota|credits?|funds)|exceeded your current quota|quota (?:has been )?(?:exceeded|exhausted)|usage limit|billing (?:hard )?limit|credit balance is too low|account (?:is )?in arrears|余额不足|欠费/i,
    kind: "quota",
    statuses: [400, 403, 429, 500],
  },
  {
    pattern:
      /(?:engine|model|server|service)[^.]{0,40}(?:overloaded|at capacity|over capacity)|currently overloaded|receiving too many requests|temporarily overloaded|访问量过大/i,
    kind: "overloaded",
    statuses: [429, 500, 502],
  },
  {
    pattern:
      /rate[ -]?limit(?:ed| reached| exceeded)|too many (?:concurrent )?requests|requests per (?:minute|second|day)|max (?:organization )?concurrency|请求过于频繁/i,
    kind: "rate_limit",
    statuses: [400, 403, 500, 503],
  },
  {
    pattern:
      /(?:invalid|incorrect|missing|expired)[^.]{0,20}api[ _-]?key|api[ _-]?key[^.]{0,30}(?:not valid|invalid|expired)/i,
    kind: "auth",
    statuses: [400, 403],
  },
  {
    pattern:
      /(?:unknown|no such|invalid|non-?existent) model\b|model[^.]{0,80}(?:does not exist|not found|not exist|is not available|not supported on this)|模型不存在/i,
    kind: "model_not_found",
    statuses: [400, 422],
  },
  {
    pattern:
      /(?:does not|doesn't|do not) support (?:tools?|function|image|vision|audio|response_format|json|streaming|reasoning|thinking)|(?:unsupported|unknown|unrecognized) (?:parameter|argument|image url|field)|only \S{1,12} is allowed for this model/i,
    kind: "unsupported",
    detail: "parameter",
    statuses: [400, 404, 415, 422],
  },
];

/** What a message says by itself, where the status (absent, 2xx or one of the pattern's) leaves room. */
export function meaningOfMessage(text: string, status: number | undefined): StatusPattern | undefined {
  if (text === "") return undefined;
  const open = status === undefined || (status >= 200 && status < 300);
  for (const row of PATTERNS) {
    if ((open || row.statuses.includes(status)) && row.pattern.test(text)) return row;
  }
  return undefined;
}
