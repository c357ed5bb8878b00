import type { Answer } from "./answers.js";
import type { Wire } from "./stand-in.js";

const toolCallsOf = ({ toolCall }: Answer) =>
  toolCall === null
    ? undefined
    : [{ id: toolCall.id, type: "function", function: { name: toolCall.name, arguments: toolCall.arguments } }];

const finishOf = (answer: Answer): string => (answer.toolCall === null ? "stop" : "tool_calls");

const usageOf = (answer: Answer) => ({
  prompt_tokens: answer.promptTokens,
  completion_tokens: answer.completionTokens,
  total_tokens: answer.promptTokens + answer.completionTokens,
});

function piecesOf(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces;
}

const headOf = (answer: Answer) => ({ id: answer.id, created: answer.created, model: answer.model });

/** Deltas as events of a stream, the last of them carrying the finish reason and whatever the vendor adds there. */
function eventsOf(answer: Answer, deltas: readonly object[], last: object, inChoice: object = {}): unknown[] {
  const calls = toolCallsOf(answer)?.map((call, index) => ({ ...call, index }));
  const all = calls === undefined ? deltas : [...deltas, { tool_calls: calls }];
  const event = (delta: object, finish_reason: string | null, more: object = {}) => ({
    ...headOf(answer),
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason, ...more }],
  });
  return [...all.map((delta) => event(delta, null)), { ...event({}, finishOf(answer), inChoice), ...last }];
}

function bodyOf(answer: Answer, message: object, usage: object, more: object = {}): unknown {
  const full = { role: "assistant", ...message, tool_calls: toolCallsOf(answer) };
  const choices = [{ index: 0, message: full, finish_reason: finishOf(answer) }];
  return { ...headOf(answer), object: "chat.completion", choices, usage, ...more };
}

/** MiniMax: thinking inside the text unless asked to split it, big pieces, `base_resp`, its code at a message's end. */
export const minimaxWire: Wire = {
  vendor: "minimax",
  basePath: "/v1",
  body: (answer) =>
    bodyOf(
      answer,
      answer.split
        ? {
            name: "MiniMax AI",
            content: answer.text,
            reasoning_content: answer.reasoning,
            reasoning_details: [
              { type: "reasoning.text", id: "r-1", format: "MiniMax-response-v1", index: 0, text: answer.reasoning },
            ],
          }
        : { name: "MiniMax AI", content: `<think>\n${answer.reasoning}\n</think>\n\n${answer.text}` },
      minimaxUsage(answer),
      { input_sensitive: false, output_sensitive: false, base_resp: { status_code: 0, status_msg: "" } },
    ),
  events: (answer, includeUsage) => {
    const thinking = answer.split
      ? [
          {
            reasoning_content: answer.reasoning,
            reasoning_details: [{ type: "reasoning.text", index: 0, text: answer.reasoning }],
          },
        ]
      : piecesOf(`<think>\n${answer.reasoning}\n</think>\n\n`, 37).map((content) => ({ content }));
    const text = piecesOf(answer.text, 120).map((content) => ({ role: "", content }));
    return eventsOf(answer, [...thinking, ...text], includeUsage ? { usage: minimaxUsage(answer) } : { usage: null });
  },
  failure: (kind) => {
    const message = kind === "rate_limit" ? "rate limit exceeded(RPM) (1002)" : "unknown error (1000)";
    const status = kind === "rate_limit" ? 429 : 500;
    const type = kind === "rate_limit" ? "rate_limit_error" : "api_error";
    return { status, body: { type: "error", error: { type, message, http_code: String(status) }, request_id: "sim" } };
  },
};

const minimaxUsage = (answer: Answer) => ({
  ...usageOf(answer),
  total_characters: 0,
  prompt_tokens_details: { cached_tokens: answer.cachedTokens },
  completion_tokens_details: { reasoning_tokens: answer.reasoningTokens },
});

/** GLM: thinking beside the text, content null while it thinks, error codes as strings. */
export const glmWire: Wire = {
  vendor: "glm",
  basePath: "/api/paas/v4",
  body: (answer) =>
    bodyOf(answer, { content: answer.text, reasoning_content: answer.reasoning }, glmUsage(answer), {
      request_id: answer.id,
    }),
  events: (answer) => {
    const thinking = piecesOf(answer.reasoning, 24).map((text) => ({
      role: "assistant",
      content: null,
      reasoning_content: text,
    }));
    const text = piecesOf(answer.text, 16).map((content) => ({ role: "assistant", content }));
    return eventsOf(answer, [...thinking, ...text], { usage: glmUsage(answer) });
  },
  failure: (kind) =>
    kind === "rate_limit"
      ? { status: 429, body: { error: { code: "1302", message: "您的账户已达到速率限制，请您控制请求频率" } } }
      : { status: 500, body: { error: { code: "500", message: "Internal Error" } } },
};

const glmUsage = (answer: Answer) => ({
  ...usageOf(answer),
  prompt_tokens_details: { cached_tokens: answer.cachedTokens },
});

/** Kimi: thinking first, cached tokens at the top of usage, usage of a stream inside the last choice. */
export const kimiWire: Wire = {
  vendor: "kimi",
  basePath: "/v1",
  body: (answer) => bodyOf(answer, { content: answer.text, reasoning_content: answer.reasoning }, kimiUsage(answer)),
  events: (answer) => {
    const thinking = piecesOf(answer.reasoning, 20).map((text) => ({ reasoning_content: text }));
    const text = piecesOf(answer.text, 12).map((content) => ({ content }));
    return eventsOf(
      answer,
      [{ role: "assistant", content: "" }, ...thinking, ...text],
      {},
      { usage: kimiUsage(answer) },
    );
  },
  failure: (kind) =>
    kind === "rate_limit"
      ? {
          status: 429,
          body: {
            error: {
              type: "rate_limit_reached_error",
              message: "Your account reached max RPM: 200, please try again after 1 seconds",
            },
          },
        }
      : { status: 500, body: { error: { type: "server_error", message: "Internal server error" } } },
};

const kimiUsage = (answer: Answer) => ({ ...usageOf(answer), cached_tokens: answer.cachedTokens });
