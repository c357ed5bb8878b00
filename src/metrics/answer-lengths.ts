/** Answers after which one weighs a third of what it did. */
const MEMORY = 100;

/** Kinds told apart; answers of later ones teach nothing. */
const MAX_KINDS = 64;

/** How long answers are, against what was expected. Sums and not ratios: ten tokens for one are no tenfold length. */
export class LengthRatio {
  #expected = 0;
  #written = 0;

  add(expected: number, written: number): void {
    const keep = 1 - 1 / MEMORY;
    this.#expected = this.#expected * keep + expected;
    this.#written = this.#written * keep + written;
  }

  /** Tokens written per token expected, as if `priorTokens` besides had been as expected. */
  value(priorTokens: number): number {
    return (this.#written + priorTokens) / (this.#expected + priorTokens);
  }
}

/**
 * How long a router's answers are by kind of request, whoever gave them: so that a candidate that is asked for short
 * things is not taken for a terse one.
 */
export class KindLengths {
  readonly #kinds = new Map<string, LengthRatio>();

  /** Tokens that an answer likely has, given what its request alone lets expect. */
  expected(kind: string, guess: number): number {
    return guess * (this.#kinds.get(kind)?.value(1) ?? 1);
  }

  /** Takes an answer's length, and returns what had been expected of it. */
  learn(kind: string, guess: number, written: number): number {
    const expected = this.expected(kind, guess);
    let ratio = this.#kinds.get(kind);
    if (ratio === undefined && this.#kinds.size < MAX_KINDS) {
      ratio = new LengthRatio();
      this.#kinds.set(kind, ratio);
    }
    ratio?.add(guess, written);
    return expected;
  }
}
