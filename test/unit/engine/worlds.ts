import fc from "fast-check";
import { type ErrorKind, SignalboxError } from "signalbox";
import {
  type ScriptAction,
  type ScriptedProvider,
  scriptedProvider,
  testModel,
  type VirtualClock,
} from "signalbox/testing";

/** How a call may go, as plain data: what fails can be read and shrunk. */
export type Turn =
  | { readonly does: "answers"; readonly afterMs: number; readonly words: number }
  | { readonly does: "fails"; readonly afterMs: number; readonly kind: ErrorKind; readonly retryAfterMs: number | null }
  | { readonly does: "hangs" }
  /** A stream that breaks off, or just stops, after so many words. */
  | { readonly does: "breaks"; readonly afterMs: number; readonly words: number; readonly silently: boolean };

const FAILURES = [
  ...(["server", "network", "overloaded", "rate_limit", "quota", "auth", "permission", "model_not_found"] as const),
  ...(["invalid_request", "content_filter", "context_length", "unsupported", "empty_response"] as const),
];

const afterMs = fc.nat(400);

export const turn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("answers" as const), afterMs, words: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("fails" as const),
      afterMs,
      kind: fc.constantFrom(...FAILURES),
      retryAfterMs: fc.option(fc.nat(3_000)),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ does: "hangs" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("breaks" as const), afterMs, words: fc.nat(4), silently: fc.boolean() }),
  },
);

/** What a provider can do, and how its calls go, one after the other and again from the start. */
export interface Side {
  readonly turns: readonly Turn[];
  readonly tools: boolean;
  readonly vision: boolean;
}

export const side: fc.Arbitrary<Side> = fc.record({
  turns: fc.array(turn, { minLength: 1, maxLength: 6 }),
  tools: fc.boolean(),
  vision: fc.boolean(),
});

/** The words of a provider's nth call: no two calls share one. */
export const wordsOf = (id: string, call: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${id}${call}.${at} `);

/** The longest text that a provider's nth call may say. */
export const fullText = (id: string, call: number): string => wordsOf(id, call, 4).join("");

export function providerOf(id: string, { turns, tools, vision }: Side, clock: VirtualClock): ScriptedProvider {
  const capabilities = { ...testModel("m").capabilities, tools, vision: vision ? ("url" as const) : (false as const) };
  return scriptedProvider({
    id,
    models: [testModel("m", { capabilities })],
    clock,
    otherwise: (_, __, call) => actionOf(id, call, turns[call % turns.length] as Turn),
  });
}

function actionOf(id: string, call: number, turn: Turn): ScriptAction {
  if (turn.does === "hangs") return { hang: true };
  if (turn.does === "fails") {
    const init = { retryAfterMs: turn.retryAfterMs ?? undefined };
    return { delayMs: turn.afterMs, error: new SignalboxError(turn.kind, "as scripted", init) };
  }
  const pieces = [turn.afterMs, ...wordsOf(id, call, turn.words).flatMap((word) => [word, 1])];
  if (turn.does === "answers") return { pieces };
  return turn.silently ? { pieces, finish: false } : { pieces: [...pieces, new SignalboxError("network", "cut")] };
}
