import { Counter, Gauge, type Metric, type Registry } from "prom-client";
import type { BreakerState, HealthStatus } from "../../contract/events.js";
import type { CandidateLabels } from "./labels.js";
import { createOwnerRows } from "./owners.js";
import type { OwnersLike, RouterLike, StatsLike } from "./router-like.js";

const STATUSES: readonly HealthStatus[] = ["healthy", "degraded", "recovering", "unhealthy", "disabled", "unknown"];
const BREAKERS: readonly BreakerState[] = ["closed", "half_open", "open"];

export interface ScrapeContext {
  readonly register: Registry;
  readonly prefix: string;
  readonly router: RouterLike;
  readonly labelsOf: (candidate: string) => CandidateLabels;
  /** Label values at most; 0: not exported. */
  readonly labels: { readonly tenant: number; readonly tag: number };
}

type Add = (labels: Partial<Record<string, string>>, value: number) => void;

/** Counters and gauges that are filled from the router's own state when they are scraped: between scrapes they cost nothing. */
export function createScraped({ register, prefix, router, labelsOf, labels }: ScrapeContext): readonly Metric[] {
  const stats = oncePerScrape(() => router.stats());
  const health = oncePerScrape(() => router.health());
  const registers = [register];
  const metrics: Metric[] = [];

  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    fill: (add: Add, stats: StatsLike) => void,
  ): void => {
    const made = new Counter({
      name: `${prefix}${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        fill((labels, value) => void this.inc(labels, value), stats());
      },
    });
    metrics.push(made);
  };
  const gauge = (name: string, help: string, labelNames: string[], fill: (set: Add) => void): void => {
    const made = new Gauge({
      name: `${prefix}${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        fill((labels, value) => void this.set(labels, value));
      },
    });
    metrics.push(made);
  };
  const eachModel = (
    stats: StatsLike,
    read: (labels: CandidateLabels, model: StatsLike["models"][string]) => void,
  ): void => {
    for (const [candidate, model] of Object.entries(stats.models)) read(labelsOf(candidate), model);
  };

  counter("requests_total", "Requests that ended, by outcome.", ["outcome"], (add, { requests }) => {
    add({ outcome: "ok" }, requests.ok);
    for (const [outcome, count] of Object.entries(requests.errors)) add({ outcome }, count);
  });
  counter(
    "strategy_requests_total",
    "Requests that ended, by strategy.",
    ["strategy", "outcome"],
    (add, { strategies }) => {
      for (const [strategy, { ok, requests }] of Object.entries(strategies)) {
        add({ strategy, outcome: "ok" }, ok);
        add({ strategy, outcome: "error" }, requests - ok);
      }
    },
  );
  counter("attempts_total", "Upstream calls, by outcome.", ["provider", "model", "outcome"], (add, all) => {
    eachModel(all, (labels, model) => {
      add({ ...labels, outcome: "success" }, model.successes);
      for (const [outcome, count] of Object.entries(model.errors)) add({ ...labels, outcome }, count);
    });
  });
  counter("unclassified_codes_total", "Vendor codes that no table knows.", ["provider", "model"], (add, all) => {
    eachModel(all, (labels, { unclassified }) => add({ ...labels }, unclassified));
  });
  counter(
    "tokens_total",
    "Tokens read, read from a vendor's cache, written.",
    ["provider", "model", "type"],
    (add, all) => {
      eachModel(all, (labels, { inputTokens, cachedTokens, outputTokens }) => {
        add({ ...labels, type: "input" }, inputTokens - cachedTokens);
        add({ ...labels, type: "cached" }, cachedTokens);
        add({ ...labels, type: "output" }, outputTokens);
      });
    },
  );
  counter("cost_usd_total", "Dollars for upstream calls.", ["provider", "model"], (add, all) => {
    eachModel(all, (labels, { costUsd }) => add({ ...labels }, costUsd));
  });
  counter("saved_usd_total", "Dollars that cache hits did not cost.", [], (add, { requests }) =>
    add({}, requests.savedUsd),
  );
  counter("fallbacks_total", "Requests answered by another candidate than the first.", [], (add, { requests }) =>
    add({}, requests.fallbacks),
  );
  counter("degraded_total", "Answers given in a degraded way.", [], (add, { requests }) => add({}, requests.degraded));
  counter("cache_lookups_total", "Requests, by what the cache did.", ["status"], (add, { requests }) => {
    for (const [status, count] of Object.entries(requests.cache)) add({ status }, count);
  });
  gauge("cache_bytes", "Memory that the cache's entries take.", ["kind"], (set) => {
    const { cache } = stats();
    if (!cache) return;
    set({ kind: "used" }, cache.bytes);
    set({ kind: "budget" }, cache.budgetBytes);
  });
  gauge("cache_entries", "Entries of the cache.", [], (set) => set({}, stats().cache?.entries ?? 0));
  gauge("candidate_health", "1 for the status a candidate has now.", ["provider", "model", "status"], (set) => {
    for (const { id, status } of health().candidates) {
      for (const each of STATUSES) set({ ...labelsOf(id), status: each }, each === status ? 1 : 0);
    }
  });
  gauge("breaker_state", "1 for the state a candidate's breaker is in now.", ["provider", "model", "state"], (set) => {
    for (const { id, breaker } of health().candidates) {
      for (const each of BREAKERS) set({ ...labelsOf(id), state: each }, each === breaker ? 1 : 0);
    }
  });
  const byOwner = (label: "tenant" | "tag", ownersOf: (stats: StatsLike) => OwnersLike | undefined): void => {
    const bounded = createOwnerRows(labels[label]);
    const rowsOf = (all: StatsLike) => bounded(ownersOf(all) ?? {});
    counter(`${label}_requests_total`, `Requests that ended, by ${label}.`, [label, "outcome"], (add, all) => {
      for (const [name, { ok, requests }] of rowsOf(all)) {
        add({ [label]: name, outcome: "ok" }, ok);
        add({ [label]: name, outcome: "error" }, requests - ok);
      }
    });
    counter(`${label}_cost_usd_total`, `Dollars for requests, by ${label}.`, [label], (add, all) => {
      for (const [name, { costUsd }] of rowsOf(all)) add({ [label]: name }, costUsd);
    });
    counter(`${label}_saved_usd_total`, `Dollars that cache hits did not cost, by ${label}.`, [label], (add, all) => {
      for (const [name, { savedUsd }] of rowsOf(all)) add({ [label]: name }, savedUsd);
    });
    counter(
      `${label}_tokens_total`,
      `Tokens of answers that were bought, by ${label}.`,
      [label, "type"],
      (add, all) => {
        for (const [name, { inputTokens, cachedTokens, outputTokens }] of rowsOf(all)) {
          add({ [label]: name, type: "input" }, inputTokens - cachedTokens);
          add({ [label]: name, type: "cached" }, cachedTokens);
          add({ [label]: name, type: "output" }, outputTokens);
        }
      },
    );
  };
  if (labels.tenant > 0) byOwner("tenant", ({ tenants }) => tenants);
  if (labels.tag > 0) byOwner("tag", ({ tags }) => tags);
  return metrics;
}

/** All metrics of a scrape are collected in one turn of the loop: they share one reading. */
function oncePerScrape<T>(read: () => T): () => T {
  let current: { readonly value: T } | undefined;
  return () => {
    if (!current) {
      current = { value: read() };
      queueMicrotask(() => {
        current = undefined;
      });
    }
    return current.value;
  };
}
