import type { EventMap } from "../../contract/events.js";
import type { Attempt, RequestRecord } from "../../contract/records.js";
import { checkMethods } from "../../errors/check-options.js";
import { NotedRequests } from "./noted-requests.js";
import { Slices } from "./slices.js";
import type { BudgetNumbers, ModelPrice, RecordedChange, Recording, RouterLike } from "./source.js";
import { type CountedCall, type CountedRequest, Totals } from "./totals.js";

/** Breaker changes kept; later ones are left out of the timeline. */
const MAX_CHANGES = 5_000;
/** A new recording's slices, milliseconds; they grow with the run. */
const FIRST_SLICE_MS = 250;
/** Budgets and prices that a recording holds, at most. */
const MAX_ROWS = 100;
/** Outcomes of a call that mean a limit of its vendor, and of a request that mean one of the router. */
const LIMITS: ReadonlySet<string> = new Set(["rate_limit", "quota", "saturated", "budget_exceeded"]);

/** What a run is gathered in; bounded, however long it lasts. */
export class RunRecorder {
  readonly #totals = new Totals();
  readonly #slices = new Slices(FIRST_SLICE_MS);
  readonly #changes: RecordedChange[] = [];
  readonly #noted = new NotedRequests();
  readonly #startedAtMs: number | null;
  #lengthMs = 0;

  /** @param startedAtMs wall-clock milliseconds; `null` where only durations are known. */
  constructor(startedAtMs: number | null) {
    this.#startedAtMs = startedAtMs;
  }

  call(atMs: number, call: CountedCall): void {
    this.#totals.call(call);
    this.#reach(atMs);
    const slice = this.#slices.at(atMs);
    slice.call(call.provider, call.outcome === "success" ? call.latencyMs : null);
    if (LIMITS.has(call.outcome)) slice.limited += 1;
  }

  request(atMs: number, record: CountedRequest): void {
    this.#totals.request(record);
    this.#reach(atMs);
    const slice = this.#slices.at(atMs);
    slice.requests += 1;
    if (record.outcome === "ok") slice.ok += 1;
    // A vendor's limit was counted with its call.
    if (LIMITS.has(record.outcome) && !record.attempts?.length) slice.limited += 1;
    this.#noted.add(atMs, record);
    slice.costUsd += record.costUsd ?? 0;
    slice.savedUsd += record.savedUsd ?? 0;
    if (record.cache === undefined || record.cache === "bypass") return;
    slice.lookups += 1;
    if (record.cache !== "miss") slice.hits += 1;
  }

  change(atMs: number, { candidate, to }: Pick<EventMap["breaker"], "candidate" | "to">): void {
    this.#reach(atMs);
    if (this.#changes.length < MAX_CHANGES) this.#changes.push({ atMs, candidate, to });
  }

  /** Notes that the run has lasted until `atMs`. */
  #reach(atMs: number): void {
    this.#lengthMs = Math.max(this.#lengthMs, atMs);
  }

  read(nowMs = this.#lengthMs): Recording {
    return {
      version: 1,
      startedAtMs: this.#startedAtMs,
      lengthMs: Math.max(nowMs, this.#lengthMs),
      sliceMs: this.#slices.sliceMs,
      slices: this.#slices.read(),
      changes: [...this.#changes],
      stats: this.#totals.read(),
      ...this.#noted.read(),
    };
  }
}

/** Records a router's run, in bounded memory. */
export interface RouterRecorder {
  /** The run so far, for {@link renderReport}. Plain JSON. */
  read(): Recording;
  /** Stops listening; what was recorded stays readable. */
  stop(): void;
}

/**
 * Listens to a router, so that a report can show how things went over time: cost, latency, cache hits and breakers.
 * Memory is bounded; a long run is kept in coarser slices.
 *
 * @throws SignalboxError `invalid_options` for anything but a router
 * @example
 * const recorder = recordRouter(router);
 * // ... the run ...
 * await writeFile("report.html", renderReport(recorder.read()));
 */
export function recordRouter(router: RouterLike): RouterRecorder {
  checkMethods(router, "router", ["on", "off"], "a router");
  const beganMs = performance.now();
  const run = new RunRecorder(Date.now());
  const now = (): number => performance.now() - beganMs;
  const onAttempt = (attempt: Attempt): void => run.call(now(), attempt);
  const onDone = (record: RequestRecord): void => run.request(now(), record);
  const onBreaker = (event: EventMap["breaker"]): void => run.change(now(), event);
  router.on("attempt", onAttempt);
  router.on("done", onDone);
  router.on("breaker", onBreaker);
  let stoppedMs: number | undefined;
  return {
    read: () => ({ ...run.read(stoppedMs ?? now()), budgets: budgetsOf(router), prices: pricesOf(router) }),
    stop() {
      stoppedMs ??= now();
      router.off("attempt", onAttempt);
      router.off("done", onDone);
      router.off("breaker", onBreaker);
    },
  };
}

function budgetsOf(router: RouterLike): BudgetNumbers[] {
  const read = router.budgets?.() ?? [];
  const rows = read.map(({ per, key, spentUsd, reservedUsd, maxUsd }) => ({ per, key, spentUsd, reservedUsd, maxUsd }));
  return rows.sort((a, b) => b.spentUsd / b.maxUsd - a.spentUsd / a.maxUsd).slice(0, MAX_ROWS);
}

function pricesOf(router: RouterLike): ModelPrice[] {
  return (router.models ?? []).slice(0, MAX_ROWS).flatMap(({ id: model, usdPerMTok: price }) => {
    // `auto` stands for all models and costs what the dearest of them does.
    if (model === "auto" || !price) return [];
    const { input, cacheRead, output } = price;
    return [{ model, input, cacheRead: cacheRead ?? input, output }];
  });
}
