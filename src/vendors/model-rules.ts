import type { Dialect } from "../wire/dialect.js";

interface Rule {
  readonly pattern: RegExp;
  readonly dialect: Partial<Dialect>;
}

/** Thinking goes back as text with every call; one space stands for the thinking of another vendor. */
const REASONING_BACK: Partial<Dialect> = {
  reasoning: { field: "reasoning_content", placeholder: " ", unnamed: "send" },
};

/**
 * What models want wherever they are served over the OpenAI wire, by id; every rule that matches applies, later ones
 * over earlier ones. Vendors' documents and their servers' error texts, read 2026-11:
 * - OpenAI's reasoning models refuse `max_tokens` (400 `unsupported_parameter`) and want `max_completion_tokens`.
 * - Gemini 3 refuses a tool loop whose calls lack the thought signatures it gave them.
 * - DeepSeek from V3.2 on and Kimi's thinking models refuse a tool loop without the thinking behind its calls.
 * - Mistral takes ids of tool calls of exactly nine letters and digits.
 */
const RULES: readonly Rule[] = [
  { pattern: /^(?:openai[/.])?(?:gpt-[5-9]|o[1-9])(?![a-z0-9])/, dialect: { outputLimit: "max_completion_tokens" } },
  { pattern: /gemini-[3-9]/, dialect: { thoughtSignatures: true } },
  { pattern: /deepseek-(?:reasoner|v3\.2|v[4-9])/, dialect: REASONING_BACK },
  { pattern: /kimi-k(?:2-thinking|2\.[5-9]|[3-9])/, dialect: REASONING_BACK },
  {
    pattern: /^(?:open-)?(?:mistral|ministral|mixtral|codestral|magistral|devstral|pixtral)-/,
    dialect: { toolIds: { charset: "alnum", maxLength: 9, exact: true } },
  },
];

/** A dialect with what this model wants. */
export function withModelRules(dialect: Dialect, modelId: string): Dialect {
  const id = modelId.toLowerCase();
  let result = dialect;
  for (const rule of RULES) if (rule.pattern.test(id)) result = { ...result, ...rule.dialect };
  return result;
}
