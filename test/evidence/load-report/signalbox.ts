import type { Characteristics, Strategy, StrategyContext } from "../../../src/contract/strategy.js";
import type { Clock } from "../../../src/core/clock.js";
import { seededRandom } from "../../../src/core/random.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import type { BreakerOptions } from "../../../src/resilience/breaker.js";
import type { Gate } from "../../../src/resilience/gate.js";
import { createGates, nearestToReopen } from "../../../src/resilience/gates.js";
import { RateBucket } from "../../../src/resilience/rate-bucket.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import { type DecisionLogLine, decisionLine } from "../../../src/strategies/replay/decision-log.js";
import { MeasuredView } from "../measured-view.js";
import type { Policy } from "./policies.js";
import type { Outcome } from "./upstream.js";
import { PROVIDERS, type Request, type World } from "./world.js";

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
        const limits = limitsKnown ? { rpm: spec.rpm / instances, tpm: spec.tpm / instances } : null;
        const gate = gates.candidate(`${spec.id}/m`, spec.id);
        return new View(world, position, gate, clock, limits);
      });
      const chooser = createChooser({ strategy });
      let sequence = 0;
      return {
        pick(index, atMs, tried) {
          clock.ms = atMs;
          const free = views.filter((view) => !tried.has(view.position) && view.gate.blocked(atMs) === null);
          if (free.length === 0) {
            const forced = nearestToReopen(
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

class View extends MeasuredView {
  readonly expectedCachedTokens = 0;
  /** Another healthy candidate existed when the last call began. */
  alternatives = true;
  request: Request = { atMs: 0, inputTokens: 0, outputTokens: 0 };
  readonly bucket: RateBucket | null;
  readonly tokens: RateBucket | null;

  constructor(
    readonly world: World,
    position: number,
    readonly gate: Gate,
    clock: Clock,
    limits: { readonly rpm: number; readonly tpm: number } | null,
  ) {
    const spec = PROVIDERS[position]!;
    const info = {
      id: "m",
      contextWindow: 100_000,
      maxOutput: null,
      usdPerMTok: { input: spec.input, output: spec.output },
      capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
    } as const;
    super(spec.id, info, position, EXPECTED_OUTPUT, clock);
    this.bucket = limits && new RateBucket(limits.rpm, 0);
    this.tokens = limits && new RateBucket(limits.tpm, 0);
  }

  get expectedCostUsd(): number {
    return this.world.costUsd(this.position, { ...this.request, outputTokens: EXPECTED_OUTPUT }, this.clock.now());
  }
  get headroom(): number {
    const nowMs = this.clock.now();
    return Math.min(this.bucket?.headroom(nowMs) ?? 1, this.tokens?.headroom(nowMs) ?? 1);
  }
}
