import { normalOf, PROVIDERS, type Request, type World } from "./world.js";

export interface Outcome {
  /** `deadline`: the request's own time was over first; says nothing about the provider. */
  readonly kind: "success" | "rate_limit" | "server" | "timeout" | "deadline";
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  readonly retryAfterMs: number | undefined;
  readonly costUsd: number;
}

/** Nothing came back for this long: given up, whatever the policy. The router's default for streamed calls. */
const HEADERS_TIMEOUT_MS = 30_000;

/** The vendors' side of a run: limits and load are theirs, whoever calls. */
export class Upstream {
  readonly #world: World;
  readonly #active = PROVIDERS.map(() => 0);
  /** Requests and tokens left, refilled evenly; a sixth of a minute may come at once. */
  readonly #requests = PROVIDERS.map(({ rpm }) => rpm / 6);
  readonly #tokens = PROVIDERS.map(({ tpm }) => tpm / 6);
  readonly #filledAtMs = PROVIDERS.map(() => 0);

  constructor(world: World) {
    this.#world = world;
  }

  hasRoom(provider: number, request: Request, atMs: number): boolean {
    this.#refill(provider, atMs);
    return this.#requests[provider]! >= 1 && this.#tokens[provider]! >= request.inputTokens + request.outputTokens;
  }

  /** Median time of a whole answer as things stand. */
  expectedMs(provider: number, request: Request, atMs: number): number {
    const { ttftMs, tokensPerSecond, capacity } = PROVIDERS[provider]!;
    const { slow } = this.#world.condition(provider, atMs);
    const crowd = 1 + Math.min(2, (this.#active[provider]! / capacity) ** 2);
    return slow * crowd * (ttftMs + (1_000 * request.outputTokens) / tokensPerSecond);
  }

  /** Starts a call; the outcome is already known, and `end` must be called when its time has come. */
  call(provider: number, index: number, attempt: number, atMs: number, remainingMs: number): Outcome {
    const outcome = this.#answer(provider, index, attempt, atMs);
    if (outcome.latencyMs <= remainingMs) return outcome;
    return {
      kind: "deadline",
      latencyMs: remainingMs,
      ttftMs: null,
      retryAfterMs: undefined,
      costUsd: outcome.costUsd,
    };
  }

  #answer(provider: number, index: number, attempt: number, atMs: number): Outcome {
    const request = this.#world.requests[index]!;
    const spec = PROVIDERS[provider]!;
    const room = this.hasRoom(provider, request, atMs);
    this.#active[provider]! += 1;
    if (!room) {
      // Half of the refusals say when to come back.
      const says = this.#world.luck(index, provider, attempt, 0) < 0.5;
      return { kind: "rate_limit", latencyMs: 150, ttftMs: null, retryAfterMs: says ? 2_000 : undefined, costUsd: 0 };
    }
    this.#requests[provider]! -= 1;
    this.#tokens[provider]! -= request.inputTokens + request.outputTokens;
    const { errors, hangs } = this.#world.condition(provider, atMs);
    if (this.#world.luck(index, provider, attempt, 1) < hangs) return timedOut;
    const draw = this.#world.luck(index, provider, attempt, 2);
    if (draw < errors) return { kind: "server", latencyMs: 200, ttftMs: null, retryAfterMs: undefined, costUsd: 0 };
    const noise = Math.exp(spec.sigma * normalOf(draw, this.#world.luck(index, provider, attempt, 3)));
    const latencyMs = noise * this.expectedMs(provider, request, atMs);
    const share = spec.ttftMs / (spec.ttftMs + (1_000 * request.outputTokens) / spec.tokensPerSecond);
    if (latencyMs * share > HEADERS_TIMEOUT_MS) return timedOut;
    const costUsd = this.#world.costUsd(provider, request, atMs);
    return { kind: "success", latencyMs, ttftMs: latencyMs * share, retryAfterMs: undefined, costUsd };
  }

  end(provider: number): void {
    this.#active[provider]! -= 1;
  }

  #refill(provider: number, atMs: number): void {
    const minutes = (atMs - this.#filledAtMs[provider]!) / 60_000;
    if (minutes <= 0) return;
    const { rpm, tpm } = PROVIDERS[provider]!;
    this.#requests[provider] = Math.min(rpm / 6, this.#requests[provider]! + minutes * rpm);
    this.#tokens[provider] = Math.min(tpm / 6, this.#tokens[provider]! + minutes * tpm);
    this.#filledAtMs[provider] = atMs;
  }
}

const timedOut: Outcome = {
  kind: "timeout",
  latencyMs: HEADERS_TIMEOUT_MS,
  ttftMs: null,
  retryAfterMs: undefined,
  costUsd: 0,
};
