import { createReply } from "../../../src/chat/create-reply.js";
import type { Characteristics, Strategy, StrategyContext } from "../../../src/contract/strategy.js";
import type { Clock } from "../../../src/core/clock.js";
import { seededRandom } from "../../../src/core/random.js";
import { createCache } from "../../../src/memory/cache.js";
import { createResponseCache } from "../../../src/memory/response-cache.js";
import { packReply } from "../../../src/memory/stored-reply.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import { createPrefixAffinity } from "../../../src/strategies/prefix-affinity.js";
import type { TraceRequest } from "./trace.js";
import { Vendor, type VendorSpec } from "./vendor.js";
import { EXPECTED_OUTPUT, View } from "./view.js";

export interface PolicySpec {
  readonly name: string;
  readonly strategy: Strategy;
  /** Whether the router remembers who holds which prefix. @default false */
  readonly affinity?: boolean | undefined;
  /** Keeps a conversation where it began, whatever the strategy says later. @default false */
  readonly sticky?: boolean | undefined;
  readonly responseCache?: boolean | undefined;
}

export interface RunResult {
  readonly name: string;
  readonly costUsd: number;
  /** Share of input tokens that vendors read from their caches. */
  readonly cachedShare: number;
  readonly hits: number;
  readonly refused: number;
  readonly failed: number;
  /** Sorted times to first token, milliseconds. */
  readonly ttft: Float64Array;
  readonly shares: readonly number[];
  /** Dollars spent so far, at even steps through the trace. */
  readonly spent: readonly number[];
}

const HIT_MS = 1;
const STEPS = 60;

/** A trace through the library's chooser, strategies, affinity, metrics, prices and response cache. */
export function run(trace: readonly TraceRequest[], specs: readonly VendorSpec[], policy: PolicySpec): RunResult {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, wallNow: () => nowMs, setTimeout: () => 0, clearTimeout: () => {} };
  const vendors = specs.map((spec) => new Vendor(spec));
  const affinity = policy.affinity === true ? createPrefixAffinity({ clock, max: 200_000 }) : null;
  const cache = createCache({ maxBytes: 256 * 1024 * 1024, ttlMs: 3_600_000, clock });
  const responses = createResponseCache(cache);
  const views = specs.map((spec, position) => new View(spec, position, clock, affinity));
  const chooser = createChooser({ strategy: policy.strategy });
  const homes = new Map<string, number>();
  const random = seededRandom(1);
  const running: { readonly endMs: number; readonly end: () => void }[] = [];
  const ttft: number[] = [];
  const asked = specs.map(() => 0);
  const spent: number[] = [];
  const sums = { cost: 0, cached: 0, input: 0, hits: 0, refused: 0, failed: 0 };

  for (const [sequence, request] of trace.entries()) {
    nowMs = Math.max(nowMs, request.atMs);
    for (let index = running.length - 1; index >= 0; index -= 1) {
      if (running[index]!.endMs > nowMs) continue;
      running[index]!.end();
      running[index] = running.at(-1)!;
      running.pop();
    }
    if (policy.responseCache === true && responses.peek(request.key) !== undefined) {
      sums.hits += 1;
      ttft.push(HIT_MS);
    } else if (!ask(request, sequence)) sums.failed += 1;
    if (sequence % Math.ceil(trace.length / STEPS) === 0) spent.push(sums.cost);
  }
  const calls = asked.reduce((sum, count) => sum + count, 0);
  return {
    name: policy.name,
    costUsd: sums.cost,
    cachedShare: sums.cached / Math.max(1, sums.input),
    hits: sums.hits,
    refused: sums.refused,
    failed: sums.failed,
    ttft: Float64Array.from(ttft).sort(),
    shares: asked.map((count) => count / Math.max(1, calls)),
    spent,
  };

  function ask(request: TraceRequest, sequence: number): boolean {
    const tried = new Set<number>();
    const choice = chooser.begin();
    for (const view of views) {
      view.request = request;
      view.metrics.refresh(nowMs);
    }
    for (;;) {
      const home = policy.sticky === true && tried.size === 0 ? homes.get(request.conversation) : undefined;
      const context: StrategyContext = {
        request: NO_REQUEST,
        characteristics: characteristicsOf(request),
        candidates: views,
        random,
        sequence,
        nowMs,
        incumbent: chooser.incumbent,
      };
      const position = home ?? choice.pick(context, tried)?.position;
      if (position === undefined) return false;
      const view = views[position]!;
      const hoped = view.expectedCachedTokens;
      const served = vendors[position]!.serve(request, nowMs);
      if (served === null) {
        sums.refused += 1;
        tried.add(position);
        continue;
      }
      homes.set(request.conversation, position);
      asked[position]! += 1;
      sums.cost += served.costUsd;
      sums.cached += served.cachedTokens;
      sums.input += request.inputTokens;
      ttft.push(served.ttftMs);
      view.metrics.start(nowMs);
      view.bucket?.take(request.inputTokens + EXPECTED_OUTPUT, nowMs);
      const startMs = nowMs;
      const { ttftMs, latencyMs, costUsd, cachedTokens } = served;
      running.push({
        endMs: nowMs + latencyMs,
        end: () => {
          const { outputTokens } = request;
          view.metrics.settle({ ok: true, counted: true, ttftMs, latencyMs, outputTokens, costUsd }, nowMs);
          affinity?.served(request.blocks, view.id, startMs, cachedTokens, hoped);
          if (policy.responseCache === true) store(request, view, costUsd);
        },
      });
      return true;
    }
  }

  function store(request: TraceRequest, view: View, costUsd: number): void {
    const reply = createReply({ text: "x".repeat(request.outputTokens * 4), model: view.model });
    const about = { provider: view.provider, candidate: view.id, storedAtWallMs: nowMs, costUsd };
    responses.put(request.key, packReply(reply, about));
  }
}

const NO_REQUEST = { messages: [] } as const;

function characteristicsOf({ inputTokens }: TraceRequest): Characteristics {
  return {
    kind: "chat",
    complexity: 0.4,
    tokens: { input: inputTokens, output: EXPECTED_OUTPUT },
    needs: [],
    sensitivity: { cost: "medium", latency: "medium", urgency: "medium" },
    pinned: false,
  };
}
