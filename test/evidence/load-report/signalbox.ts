import type {
  CandidateSnapshot,
  Characteristics,
  QualityEstimate,
  Strategy,
  StrategyContext,
} from "../../../src/contract/strategy.js";
import type { Clock } from "../../../src/core/clock.js";
import { seededRandom } from "../../../src/core/random.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { type CandidateMetrics, createCandidateMetrics } from "../../../src/metrics/candidate-metrics.js";
import { createChooser } from "../../../src/ranking/chooser.js";
import { type DecisionLogLine, decisionLine } from "../../../src/ranking/replay/decision-log.js";
import type { BreakerOptions } from "../../../src/resilience/breaker.js";
import { createGates, type Gate, mayForce } from "../../../src/resilience/gates.js";
import { RateBucket } from "../../../src/resilience/rate-bucket.js";
import type { Policy } from "./policies.js";
import type { Outcome } from "./upstream.js";
import { PROVIDERS, type Request, type World } from "./world.js";

/** What the router declares of a candidate before it was measured. */
const PRIOR = { ttftMs: 1_000, tokensPerSecond: 60, successRate: 0.95 };

/** Output that is expected of a request before it is asked: its characteristics cannot know better. */
const EXPECTED_OUTPUT = 260;

const CHARACTERISTICS: Characteristics = {
  kind: "chat",
  complexity: 0.4,
  tokens: { input: 500, output: EXPECTED_OUTPUT },
  needs: [],
  sensitivity: { cost: "medium", latency: "medium", urgency: "medium" },
  pinned: false,
};

const MESSAGES = { messages: [{ role: "user" as const, content: "simulated" }] };

/** Nobody rates answers here: all models are taken to be equally good. */
const QUALITY: QualityEstimate = { mean: 0.8, sd: 0, samples: 0 };

/** The clock of the simulation, moved by its events. */
class EventClock implements Clock {
  ms = 0;
  now = (): number => this.ms;
  wallNow = (): number => this.ms;
  setTimeout = (): never => {
    throw new Error("the simulation sets no timers");
  };
  clearTimeout = (): void => {};
}

export interface SignalboxOptions {
  /** Whether the app told the router the vendors' limits. @default true */
  readonly limitsKnown?: boolean | undefined;
  /** @default the library's defaults */
  readonly breaker?: BreakerOptions | undefined;
  readonly label?: string | undefined;
  /** Writes every so-manyth request into a decision log. */
  readonly log?: { readonly lines: DecisionLogLine[]; readonly every: number } | undefined;
}

/** The library's own chooser, strategy, breakers, cool-downs and metrics, without its I/O. */
export function signalbox(strategy: Strategy, about: SignalboxOptions = {}): Policy {
  const { limitsKnown = true, breaker = {}, label = "", log } = about;
  return {
    name: `signalbox ${strategy.name}${label}`,
    create({ world, instances, seed }) {
      const clock = new EventClock();
      const random = seededRandom(seed);
      const onClosed = (id: string) => views.find((view) => view.id === id)?.metrics.restartReliability();
      const gates = createGates(breaker, { clock, random, onClosed });
      const views = PROVIDERS.map((spec, position) => {
        const bucket = limitsKnown ? new RateBucket(spec.rpm / instances, 0) : null;
        const tokens = limitsKnown ? new RateBucket(spec.tpm / instances, 0) : null;
        const gate = gates.candidate(`${spec.id}/m`, spec.id);
        return new View(world, position, gate, createCandidateMetrics({ clock }, PRIOR), bucket, tokens, clock);
      });
      const chooser = createChooser({ strategy });
      let sequence = 0;
      return {
        pick(index, atMs, tried) {
          clock.ms = atMs;
          const free = views.filter((view) => !tried.has(view.position) && view.gate.blocked(atMs) === null);
          if (free.length === 0) {
            const forced = mayForce(
              views.map((view) => view.gate),
              atMs,
            );
            return forced === null ? -1 : views.findIndex((view) => view.gate === forced && !tried.has(view.position));
          }
          // The next live request that has a fallback goes to who waits for a probe.
          const probing = tried.size === 0 && free.length > 1 ? free.find((view) => view.gate.probing) : undefined;
          if (probing !== undefined) return probing.position;
          for (const view of free) {
            view.request = world.requests[index]!;
            view.metrics.refresh(atMs);
          }
          const context: StrategyContext = {
            request: MESSAGES,
            characteristics: CHARACTERISTICS,
            candidates: free,
            random,
            sequence: sequence++,
            nowMs: atMs,
            incumbent: chooser.incumbent,
          };
          const chosen = chooser.begin().pick(context)!;
          if (log !== undefined && tried.size === 0 && index % log.every === 0) {
            log.lines.push(decisionLine({ requestId: String(index), atMs }, strategy, context, chosen));
          }
          return chosen.position;
        },
        ended(index, ok, costUsd, latencyMs) {
          if (log === undefined || index % log.every !== 0) return;
          log.lines.push({ v: 1, type: "outcome", requestId: String(index), ok, costUsd, latencyMs });
        },
        start(provider, index, atMs, tried) {
          clock.ms = atMs;
          const view = views[provider]!;
          const { inputTokens } = world.requests[index]!;
          view.metrics.start(atMs);
          view.starts += atMs;
          view.bucket?.take(1, atMs);
          view.tokens?.take(inputTokens + EXPECTED_OUTPUT, atMs);
          const lease = view.gate.acquire(atMs);
          view.alternatives = views.some(
            (other) => other !== view && !tried.has(other.position) && other.gate.blocked(atMs) === null,
          );
          return lease === -1 ? view.gate.force(atMs) : lease;
        },
        settle(provider, index, lease, atMs, outcome) {
          clock.ms = atMs;
          const view = views[provider]!;
          const { kind, ttftMs, latencyMs, costUsd } = outcome;
          view.starts -= atMs - latencyMs;
          const ok = kind === "success";
          const { outputTokens } = world.requests[index]!;
          if (kind === "deadline") {
            view.metrics.settle(
              { ok: false, counted: false, ttftMs: null, latencyMs, outputTokens: 0, costUsd: null },
              atMs,
            );
            view.gate.release(lease);
            return;
          }
          view.metrics.settle(
            { ok, counted: true, ttftMs, latencyMs, outputTokens: ok ? outputTokens : 0, costUsd: ok ? costUsd : null },
            atMs,
          );
          view.gate.settle(lease, atMs, ok ? null : errorOf(outcome), { ttftMs, alternatives: view.alternatives });
        },
      };
    },
  };
}

function errorOf({ kind, retryAfterMs }: Outcome): SignalboxError {
  if (kind === "timeout") return new SignalboxError("timeout", "no head", { detail: "headers" });
  return new SignalboxError(kind === "rate_limit" ? "rate_limit" : "server", "simulated", { retryAfterMs });
}

class View implements CandidateSnapshot {
  readonly id: string;
  readonly provider: string;
  readonly model = "m";
  readonly info: CandidateSnapshot["info"];
  readonly tier = 2;
  readonly weight = 1;
  readonly expectedCachedTokens = 0;
  readonly quality = QUALITY;
  /** Another healthy candidate existed when the last call began. */
  alternatives = true;
  request: Request = { atMs: 0, inputTokens: 0, outputTokens: 0 };

  constructor(
    readonly world: World,
    readonly position: number,
    readonly gate: Gate,
    readonly metrics: CandidateMetrics,
    readonly bucket: RateBucket | null,
    readonly tokens: RateBucket | null,
    readonly clock: Clock,
  ) {
    const spec = PROVIDERS[position]!;
    this.id = `${spec.id}/m`;
    this.provider = spec.id;
    this.info = {
      id: "m",
      contextWindow: 100_000,
      maxOutput: null,
      usdPerMTok: { input: spec.input, output: spec.output },
      capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
    };
  }

  get expectedCostUsd(): number {
    return this.world.costUsd(this.position, { ...this.request, outputTokens: EXPECTED_OUTPUT }, this.clock.now());
  }
  get ttftMs(): number {
    return this.metrics.ttftMs;
  }
  get tokensPerSecond(): number {
    return this.metrics.tokensPerSecond;
  }
  get expectedLatencyMs(): number {
    return this.ttftMs + (EXPECTED_OUTPUT * 1_000) / this.tokensPerSecond;
  }
  get successRate(): number {
    return this.metrics.successRate;
  }
  get successLowerBound(): number {
    return this.metrics.successLowerBound;
  }
  get recentSuccessRate(): number {
    return this.metrics.recentSuccessRate;
  }
  get samples(): number {
    return this.metrics.samples;
  }
  get attempts(): number {
    return this.metrics.attempts;
  }
  get idleMs(): number {
    return this.clock.now() - this.metrics.lastSettledAtMs;
  }
  /** Sum of the moments at which calls in flight began. */
  starts = 0;
  get outstandingMs(): number {
    const n = this.metrics.inFlight;
    return n === 0 ? 0 : this.clock.now() - this.starts / n;
  }
  get inFlight(): number {
    return this.metrics.inFlight;
  }
  get headroom(): number {
    const nowMs = this.clock.now();
    return Math.min(this.bucket?.headroom(nowMs) ?? 1, this.tokens?.headroom(nowMs) ?? 1);
  }
}
