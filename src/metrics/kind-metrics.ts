import { DecayedMean, decayFactor } from "../core/decay.js";
import { LONG_HALF_LIFE_MS } from "./horizons.js";
import type { KindReading } from "./types.js";

/** How many calls of this kind it takes until they weigh as much as all calls together. */
const SHRINK = 5;
const SUCCESS_SHRINK = 10;

/** Sums for one kind; few calls fall on each, so they are remembered for longer. */
export class KindMetrics {
  readonly #success = new DecayedMean();
  readonly #ttft = new DecayedMean();
  readonly #msPerToken = new DecayedMean();
  readonly #output = new DecayedMean();
  #atMs = Number.NEGATIVE_INFINITY;

  settled(ok: boolean, nowMs: number): void {
    this.#decayTo(nowMs);
    this.#success.add(ok ? 1 : 0);
  }

  ttft(ms: number): void {
    this.#ttft.add(ms);
  }

  rate(msPerToken: number): void {
    this.#msPerToken.add(msPerToken);
  }

  output(tokens: number): void {
    this.#output.add(tokens);
  }

  read(whole: KindReading, nowMs: number): KindReading {
    this.#decayTo(nowMs);
    return {
      ttftMs: this.#ttft.shrunk(whole.ttftMs, SHRINK),
      tokensPerSecond: 1_000 / this.#msPerToken.shrunk(1_000 / whole.tokensPerSecond, SHRINK),
      successRate: this.#success.shrunk(whole.successRate, SUCCESS_SHRINK),
      outputTokens: this.#output.shrunk(whole.outputTokens, SHRINK),
      samples: this.#success.weight,
    };
  }

  restartReliability(): void {
    this.#success.clear();
  }

  #decayTo(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    const factor = decayFactor(nowMs - this.#atMs, LONG_HALF_LIFE_MS);
    this.#atMs = nowMs;
    this.#success.decay(factor);
    this.#ttft.decay(factor);
    this.#msPerToken.decay(factor);
    this.#output.decay(factor);
  }
}
