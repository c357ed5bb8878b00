import type { ModelInfo, Price } from "../../../src/contract/provider.js";
import { costOf } from "../../../src/pricing/cost.js";
import { BLOCK_TOKENS, type TraceRequest } from "./trace.js";

/** A vendor's side: its prices and prefix cache are the catalogue's, its speed is assumed (equal for all). */
export interface VendorSpec {
  readonly id: string;
  readonly model: ModelInfo;
  readonly prefixCache: { readonly ttlMs: number; readonly minTokens: number };
  /** Tokens a minute it takes before it answers 429; `Infinity` for no limit. */
  readonly tpm: number;
}

/** Assumed, since no vendor publishes them: time before anything happens, and tokens read per second, new and cached. */
export const OVERHEAD_MS = 300;
export const READ_PER_SECOND = 8_000;
export const CACHED_PER_SECOND = 80_000;
export const WRITE_PER_SECOND = 60;

export interface Served {
  readonly cachedTokens: number;
  readonly ttftMs: number;
  readonly latencyMs: number;
  readonly costUsd: number;
}

/** What really happens at a vendor: its cache holds a block as long as it was read within the time to live. */
export class Vendor {
  readonly spec: VendorSpec;
  readonly #readAtMs = new Map<string, number>();
  #tokensLeft: number;
  #filledAtMs = 0;

  constructor(spec: VendorSpec) {
    this.spec = spec;
    this.#tokensLeft = spec.tpm;
  }

  /** The answer's figures, or `null` for a 429. */
  serve(request: TraceRequest, atMs: number): Served | null {
    const { model, prefixCache, tpm } = this.spec;
    const tokens = request.inputTokens + request.outputTokens;
    this.#tokensLeft = Math.min(tpm, this.#tokensLeft + ((atMs - this.#filledAtMs) * tpm) / 60_000);
    this.#filledAtMs = atMs;
    if (this.#tokensLeft < tokens) return null;
    this.#tokensLeft -= tokens;

    let held = 0;
    while (
      held < request.blocks.length &&
      atMs - (this.#readAtMs.get(request.blocks[held]!) ?? -Infinity) < prefixCache.ttlMs
    )
      held += 1;
    for (const block of request.blocks) this.#readAtMs.set(block, atMs);
    // The last token of a prompt is always read anew, else there would be nothing to answer from.
    const prefix = Math.min(held * BLOCK_TOKENS, request.inputTokens - 1);
    const cachedTokens = prefix >= prefixCache.minTokens ? prefix : 0;
    const fresh = request.inputTokens - cachedTokens;
    const ttftMs = OVERHEAD_MS + (1_000 * fresh) / READ_PER_SECOND + (1_000 * cachedTokens) / CACHED_PER_SECOND;
    const counts = {
      input: fresh,
      cacheRead: cachedTokens,
      cacheWrite: 0,
      output: request.outputTokens,
      reasoning: 0,
      estimated: false,
    };
    return {
      cachedTokens,
      ttftMs,
      latencyMs: ttftMs + (1_000 * request.outputTokens) / WRITE_PER_SECOND,
      costUsd: costOf(counts, model.usdPerMTok as Price)!,
    };
  }
}
