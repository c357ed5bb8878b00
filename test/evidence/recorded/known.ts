import type { RecordedAnswer } from "./answer.js";

/** An answer that is not read as its expectation says, and why a user would accept that. */
export interface KnownDifference {
  readonly reason: string;
  readonly applies: (answer: RecordedAnswer) => boolean;
}

/** Kinds of answers, never single ones: a rule says what the bytes look like. */
export const KNOWN: readonly KnownDifference[] = [
  {
    reason: "the recording holds base64 text in place of the stream: nothing that a server sent",
    applies: ({ stream, body }) => stream && /^[A-Za-z0-9+/=\s]{64,}$/.test(body),
  },
  {
    reason: "the recording holds two answers, one after the other, as no server sends them: the first is read",
    applies: ({ wire, body }) => wire === "anthropic" && (body.match(/"type":"message_start"/g) ?? []).length > 1,
  },
];
