import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";
import type { Choice } from "../strategies/chooser.js";
import type { Ranker } from "./call-queue.js";
import type { PlannedCandidate } from "./candidates.js";
import type { DecisionInput, RouterParts } from "./parts.js";

type Group = readonly PlannedCandidate[];

/** Ranks the candidates of one request: puts its facts into the router's frame, then asks the strategy. */
export class RequestRanker implements Ranker {
  readonly #parts: RouterParts;
  readonly #input: DecisionInput;
  readonly #random: () => number;

  readonly #peek: boolean;
  /**
   * The number of this request's decision, taken with its first ranking and kept for its fallbacks: a failure moves
   * nobody's turn. `undefined` where nothing was ranked, since somebody went ahead.
   */
  sequence: number | undefined = undefined;

  /**
   * @param random the router's own, or a fork of it where nothing may be disturbed.
   * @param peek only looks: no decision is counted, and nobody is elected.
   */
  constructor(parts: RouterParts, input: DecisionInput, random: () => number, peek = false) {
    this.#peek = peek;
    this.#parts = parts;
    this.#input = input;
    this.#random = random;
  }

  get fallsBack(): boolean {
    const { fallback, retry } = this.#parts.options;
    return (this.#input.options.fallback ?? fallback) !== false && retry?.attempts !== 1;
  }

  begin(): Choice {
    return this.#input.chooser.begin(!this.#peek);
  }

  contextOf(group: Group): StrategyContext {
    const { viewsOf, frame, services } = this.#parts;
    const { request, options, characteristics, view, chain, chooser } = this.#input;
    const { tenant, tags, metadata, sessionKey } = options;
    const nowMs = services.clock.now();
    frame.request = request;
    frame.characteristics = characteristics;
    frame.view = view;
    frame.chain = chain;
    frame.features = this.#input.features;
    frame.nowMs = nowMs;
    frame.output = -1;
    for (const candidate of group) candidate.metrics.refresh(nowMs);
    this.sequence ??= this.#parts.sequence(!this.#peek);
    return {
      request,
      characteristics,
      candidates: viewsOf(group).shown,
      random: this.#random,
      sequence: this.sequence,
      nowMs,
      tenant,
      tags,
      metadata,
      sessionKey,
      incumbent: chooser.incumbent,
    };
  }

  amongOf(group: Group): readonly CandidateSnapshot[] {
    return this.#parts.viewsOf(group).own;
  }

  at(position: number): PlannedCandidate | undefined {
    return this.#parts.candidates[position];
  }

  nowMs(): number {
    return this.#parts.services.clock.now();
  }
}
