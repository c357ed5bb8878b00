import assert from "node:assert/strict";
import type { ErrorKind } from "signalbox";
import type { Fault } from "signalbox/testing";
import type { Side } from "./sides.js";
import { type Outcome, Trial, type TrialOptions } from "./trial.js";

/** One numbered case: `run` throws where what happens is not what must. */
export interface FaultCase {
  readonly number: number;
  readonly fault: string;
  readonly expected: string;
  run(): Promise<void>;
}

/** Runs `body` in a trial of its own, with the checks that every trial ends with. */
export async function trial(options: TrialOptions, body: (trial: Trial) => Promise<void>): Promise<void> {
  const own = await Trial.start(options);
  let failure: unknown;
  try {
    await body(own);
  } catch (error) {
    failure = error;
  }
  await own.finish().catch((error: unknown) => {
    failure ??= error;
  });
  if (failure !== undefined) throw failure;
}

/** What a failure at provider a does to its candidate. */
export type Effect = "none" | "breaker_open" | "cool_down" | "disabled";

export interface Expected {
  readonly kind: ErrorKind;
  readonly detail?: string | undefined;
  /** @default "breaker_open": after five in a row */
  readonly effect?: Effect | undefined;
  /** The effect needs several requests that agree, since the body does not say what is wrong. @default false */
  readonly onEvidence?: boolean;
  /** With no other provider: asked again until it answers, or not at all. @default "retried" */
  readonly alone?: "retried" | "given_up" | undefined;
  /** @default [false, true]: whole and streamed */
  readonly streamed?: readonly boolean[] | undefined;
  readonly side?: Side | undefined;
  /** Virtual time the fault needs to show, milliseconds. @default 0 */
  readonly afterMs?: number | undefined;
}

/**
 * The common form of a case: provider a fails so, provider b answers at once; the same fault over and over has this
 * effect on a; and with no b, a is asked again or not.
 */
export async function failsOver(fault: Fault, expected: Expected): Promise<void> {
  const { side, afterMs = 0 } = expected;
  for (const streamed of expected.streamed ?? [false, true]) {
    const ask = (t: Trial, withinMs = afterMs) => t.drive(streamed ? t.stream() : t.chat(), withinMs);
    await trial({ a: side }, async (t) => {
      t.a.otherwise(fault);
      assertMoved(await ask(t), expected);
      const { effect = "breaker_open", onEvidence = false } = expected;
      if (effect !== "none" && effect !== "breaker_open")
        assert.equal(t.exclusionOfA(), onEvidence ? null : effect, "effect of one failure");
      for (let n = 0; n < 5; n++) assert.equal((await ask(t)).text, "from b");
      assert.equal(t.exclusionOfA(), effect === "none" ? null : effect, "effect of six failures");
    });
    await trial({ a: side, b: false }, async (t) => {
      t.a.script(fault);
      const outcome = await ask(t, afterMs + 20_000);
      if (expected.alone === "given_up") assertFailed(outcome, expected, 1);
      else assertRetried(outcome, expected);
    });
  }
}

/** The first provider failed so, the second answered, and no time was lost between. */
export function assertMoved({ reply, error, text, chunks }: Outcome, { kind, detail }: Expected): void {
  assert.equal(error, undefined, `failed: ${error?.stack}`);
  assert.equal(text, "from b");
  assert.deepEqual(
    reply?.route.attempts.map(({ provider, outcome }) => [provider, outcome]),
    [
      ["a", kind],
      ["b", "success"],
    ],
  );
  if (detail !== undefined) assert.equal(reply?.route.attempts[0]?.detail, detail);
  assertOneStart(chunks);
}

/** The only provider failed so, was asked again after a wait, and answered. */
export function assertRetried({ reply, error, text, tookMs }: Outcome, { kind }: Expected): void {
  assert.equal(error, undefined, `failed: ${error?.stack}`);
  assert.equal(text, "from a");
  assert.deepEqual(
    reply?.route.attempts.map(({ outcome }) => outcome),
    [kind, "success"],
  );
  assert.ok(tookMs > 0, "asked again without a wait");
}

/** The request failed so, after this many upstream calls. */
export function assertFailed({ error, reply }: Outcome, { kind, detail }: Expected, attempts: number): void {
  assert.equal(reply, undefined, "answered");
  assert.equal(error?.kind, kind, error?.stack);
  if (detail !== undefined) assert.equal(error?.detail, detail);
  assert.equal(error?.attempts.length, attempts, "upstream calls");
}

/** A consumer sees one answer begin, whoever failed before. */
export function assertOneStart(chunks: Outcome["chunks"]): void {
  assert.ok(new Set(chunks.map(({ id }) => id)).size <= 1, "chunks of two answers");
  assert.ok(chunks.filter((chunk) => chunk.choices[0]?.delta.role !== undefined).length <= 1, "two stream starts");
}
