import type { ChatChunk } from "../../chat/chunk.js";
import { createReply } from "../../chat/create-reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { Feature, FeatureAnswer, FeatureCandidate, FeatureRun } from "../../contract/feature.js";
import type { Attempt, RequestRecord } from "../../contract/records.js";
import { testModel } from "../scripted-provider.js";

/** Answers that a feature is tried on: plain, with placeholders and brackets, empty lines, more than one script. */
export const TEXTS: readonly string[] = [
  "Write to [PERSONAL_1] or to ada@example.org, +44 20 7946 0018.",
  "a [ b ] [[c]] {d} <e> \n\n```js\nconst f = [1, 2];\n```",
  "你好，世界。 🙂 the end",
  "[",
];

export const CANDIDATE: FeatureCandidate = { id: "a/m", provider: "a", model: "m", info: testModel("m") };

export const ANSWER: FeatureAnswer = { provider: "a", model: "m", reply: createReply({ text: "fine", model: "m" }) };

export const ATTEMPT: Attempt = {
  requestId: "req_1",
  number: 1,
  role: "first",
  candidate: "a/m",
  provider: "a",
  model: "m",
  streamed: false,
  startedAtMs: 0,
  firstTokenAtMs: null,
  settledAtMs: 5,
  latencyMs: 5,
  ttftMs: null,
  outcome: "success",
  usage: null,
  costUsd: null,
};

export const RECORD: RequestRecord = {
  requestId: "req_1",
  strategy: "s",
  kind: null,
  streamed: false,
  startedAtMs: 0,
  outcome: "ok",
  provider: "a",
  model: "m",
  latencyMs: 5,
  ttftMs: null,
  usage: null,
  costUsd: null,
  cache: "bypass",
  savedUsd: 0,
  degraded: [],
  attempts: [],
};

/** One request as a feature sees it. */
export function runOf(feature: Feature): FeatureRun & { request: ChatRequest } {
  const messages = [
    { role: "system" as const, content: "Be brief." },
    { role: "user" as const, content: "Write to ada@example.org" },
  ];
  const deadline = { remainingMs: () => 60_000 };
  return {
    requestId: "req_1",
    request: { messages },
    options: {},
    streamed: false,
    deadline,
    state: feature.state?.(),
  };
}

/** A stream that says these pieces and stops. */
export function chunksOfText(pieces: readonly string[]): ChatChunk[] {
  const chunk = (content: string | undefined, finish: "stop" | null): ChatChunk => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_767_225_600,
    model: "m",
    choices: [{ index: 0, delta: content === undefined ? {} : { content }, finish_reason: finish }],
  });
  return [...pieces.map((piece) => chunk(piece, null)), chunk(undefined, "stop")];
}
