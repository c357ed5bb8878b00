import { needsOf } from "../../chat/needs.js";
import type { ChatRequest } from "../../chat/request.js";
import { estimateRequestTokens } from "../../chat/tokens.js";
import type { Sensitivity } from "../../contract/records.js";
import type { Characteristics, Level, Need, RequestKind } from "../../contract/strategy.js";
import { complexityOf } from "./complexity.js";
import { expectedOutputTokens } from "./expected-output.js";
import { kindOf } from "./kind.js";
import { needsList, VISION } from "./needs-list.js";
import { type RequestFacts, readRequest } from "./read-request.js";
import { SIGNAL } from "./word-table.js";

/** What the app says about a request; it always wins over what its text suggests. */
export interface CharacteristicsOptions {
  /** Used as the kind, as it is. */
  readonly taskType?: string | undefined;
  readonly sensitivity?: Sensitivity | undefined;
  /** Needs that the request itself does not show, such as thinking. */
  readonly require?: readonly Need[] | undefined;
  /** `batch`: cost counts, time does not; `interactive`: someone waits. */
  readonly priority?: "interactive" | "default" | "batch" | undefined;
  readonly pinned?: boolean | undefined;
}

/**
 * How a request looks: kind, complexity, tokens, needs, sensitivity, read from its messages in English and Chinese.
 * Nothing is computed until it is read, and then once. Linear in the text, and bounded.
 */
export function createCharacteristics(request: ChatRequest, options: CharacteristicsOptions = {}): Characteristics {
  return new LazyCharacteristics(request, options);
}

class LazyCharacteristics implements Characteristics {
  readonly #request: ChatRequest;
  readonly #options: CharacteristicsOptions;
  #facts: RequestFacts | undefined;
  #needBits = -1;
  #kind: RequestKind | (string & {}) | undefined;
  #complexity = -1;
  #tokens: { readonly input: number; readonly output: number } | undefined;
  #needs: readonly Need[] | undefined;
  #sensitivity: Characteristics["sensitivity"] | undefined;

  constructor(request: ChatRequest, options: CharacteristicsOptions) {
    this.#request = request;
    this.#options = options;
  }

  get kind(): RequestKind | (string & {}) {
    this.#kind ??= this.#options.taskType ?? this.#readKind();
    return this.#kind;
  }

  get knownKind(): string | undefined {
    return this.#kind ?? this.#options.taskType;
  }

  get complexity(): number {
    if (this.#complexity < 0) this.#complexity = complexityOf(this.#request, this.#read(), this.#bits());
    return this.#complexity;
  }

  get tokens(): { readonly input: number; readonly output: number } {
    this.#tokens ??= this.#countTokens();
    return this.#tokens;
  }

  get knownTokens(): { readonly input: number; readonly output: number } | undefined {
    return this.#tokens;
  }

  get needs(): readonly Need[] {
    this.#needs ??= needsList(this.#bits(), this.#options.require);
    return this.#needs;
  }

  get sensitivity(): { readonly cost: Level; readonly latency: Level; readonly urgency: Level } {
    this.#sensitivity ??= this.#readSensitivity();
    return this.#sensitivity;
  }

  get pinned(): boolean {
    return this.#options.pinned ?? false;
  }

  toJSON(): Characteristics {
    const { kind, complexity, tokens, needs, sensitivity, pinned } = this;
    return { kind, complexity, tokens, needs, sensitivity, pinned };
  }

  #bits(): number {
    if (this.#needBits < 0) this.#needBits = needsOf(this.#request);
    return this.#needBits;
  }

  #read(): RequestFacts {
    this.#facts ??= readRequest(this.#request);
    return this.#facts;
  }

  #readKind(): RequestKind {
    return (this.#bits() & VISION) !== 0 ? "vision" : kindOf(this.#read().last);
  }

  #countTokens(): { readonly input: number; readonly output: number } {
    const input = estimateRequestTokens(this.#request);
    return { input, output: expectedOutputTokens(this.#request, this.kind, input, this.#read()) };
  }

  #readSensitivity(): Characteristics["sensitivity"] {
    const { sensitivity, priority } = this.#options;
    const urgency = sensitivity?.urgency ?? this.#readUrgency();
    const batch = priority === "batch";
    const latency = batch ? "low" : priority === "interactive" || urgency === "high" ? "high" : "medium";
    return {
      cost: sensitivity?.cost ?? (batch ? "high" : "medium"),
      latency: sensitivity?.latency ?? latency,
      urgency,
    };
  }

  #readUrgency(): Level {
    if (this.#options.priority === "batch") return "low";
    const { sums } = this.#read().last;
    const hurry = (sums[SIGNAL.urgent] as number) - (sums[SIGNAL.patient] as number);
    return hurry > 0 ? "high" : hurry < 0 ? "low" : "medium";
  }
}
