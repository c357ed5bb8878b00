import type { Attempt, RequestRecord } from "../../contract/records.js";
import { QuantileSketch } from "../../core/quantiles.js";
import type { CallNumbers, OwnerNumbers, RequestNumbers, StatsLike } from "./source.js";

/** Labels kept apart of each sort; they come from the configuration, so this is a guard. */
const MAX_LABELS = 256;
/** Words kept apart under one label, such as kinds of error. */
const MAX_WORDS = 32;
/** Characters of a label. */
const MAX_NAME = 128;

type Words = Map<string, number>;

interface Calls {
  attempts: number;
  successes: number;
  costUsd: number;
  input: number;
  cached: number;
  output: number;
  readonly errors: Words;
  readonly ttft: QuantileSketch;
  readonly latency: QuantileSketch;
}

interface Requests {
  requests: number;
  ok: number;
  fallbacks: number;
  degraded: number;
  costUsd: number;
  savedUsd: number;
  retries: number;
  readonly errors: Words;
  readonly cache: Words;
  readonly rungs: Words;
  readonly ttft: QuantileSketch;
  readonly latency: QuantileSketch;
}

interface Owner {
  requests: number;
  ok: number;
  costUsd: number;
  savedUsd: number;
  inputTokens: number;
  outputTokens: number;
  readonly errors: Words;
}

/** What a call's record must tell to be counted. */
export type CountedCall = Pick<Attempt, "provider" | "model" | "outcome" | "latencyMs" | "costUsd"> & Partial<Attempt>;

/** What a request's record must tell to be counted. */
export type CountedRequest = Pick<RequestRecord, "outcome" | "strategy" | "latencyMs"> & Partial<RequestRecord>;

/** Sums up calls and requests the way a router does, for logs that were written without one. */
export class Totals {
  readonly #whole = newRequests();
  readonly #strategies = new Map<string, Requests>();
  readonly #providers = new Map<string, Calls>();
  readonly #models = new Map<string, Calls>();
  readonly #kinds = new Map<string, Requests>();
  readonly #tenants = new Map<string, Owner>();
  readonly #tags = new Map<string, Owner>();

  call(call: CountedCall): void {
    addCall(cellOf(this.#providers, call.provider, newCalls), call);
    addCall(cellOf(this.#models, `${call.provider}/${call.model}`, newCalls), call);
  }

  request(record: CountedRequest): void {
    addRequest(this.#whole, record);
    addRequest(cellOf(this.#strategies, record.strategy, newRequests), record);
    if (typeof record.kind === "string") addRequest(cellOf(this.#kinds, record.kind, newRequests), record);
    if (typeof record.tenant === "string") addOwner(cellOf(this.#tenants, record.tenant, newOwner), record);
    for (const tag of new Set(record.tags ?? [])) addOwner(cellOf(this.#tags, tag, newOwner), record);
  }

  read(): StatsLike {
    return {
      requests: requestNumbers(this.#whole),
      providers: mapped(this.#providers, callNumbers),
      models: mapped(this.#models, callNumbers),
      strategies: mapped(this.#strategies, requestNumbers),
      kinds: mapped(this.#kinds, requestNumbers),
      tenants: mapped(this.#tenants, ownerNumbers),
      tags: mapped(this.#tags, ownerNumbers),
    };
  }
}

function cellOf<T>(cells: Map<string, T>, label: string, make: () => T): T {
  const name = clipped(label);
  const key = cells.has(name) || cells.size < MAX_LABELS ? name : "(other)";
  let cell = cells.get(key);
  if (!cell) {
    cell = make();
    cells.set(key, cell);
  }
  return cell;
}

function newCalls(): Calls {
  const sums = { attempts: 0, successes: 0, costUsd: 0, input: 0, cached: 0, output: 0 };
  return { ...sums, errors: new Map(), ttft: new QuantileSketch(), latency: new QuantileSketch() };
}

function newRequests(): Requests {
  const sums = { requests: 0, ok: 0, fallbacks: 0, degraded: 0, costUsd: 0, savedUsd: 0, retries: 0 };
  const words = { errors: new Map(), cache: new Map(), rungs: new Map() };
  return { ...sums, ...words, ttft: new QuantileSketch(), latency: new QuantileSketch() };
}

function newOwner(): Owner {
  const sums = { requests: 0, ok: 0, costUsd: 0, savedUsd: 0, inputTokens: 0, outputTokens: 0 };
  return { ...sums, errors: new Map() };
}

/** A name that a caller or a log chose, short enough for a table; what is cut off is told apart no more. */
export function clipped(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}

function addOwner(cell: Owner, { outcome, costUsd, savedUsd, cache = "bypass", usage }: CountedRequest): void {
  cell.requests += 1;
  cell.costUsd += costUsd ?? 0;
  cell.savedUsd += savedUsd ?? 0;
  if (outcome === "ok") cell.ok += 1;
  else count(cell.errors, outcome);
  // What a stored answer was made of was bought before.
  if (cache !== "miss" && cache !== "bypass") return;
  cell.inputTokens += usage?.prompt_tokens ?? 0;
  cell.outputTokens += usage?.completion_tokens ?? 0;
}

function ownerNumbers(cell: Owner): OwnerNumbers {
  return { ...cell, errors: Object.fromEntries(cell.errors) };
}

/** Calls of a candidate that this request had asked before. */
function retriesOf(attempts: readonly { readonly provider: string; readonly model: string }[]): number {
  if (attempts.length < 2) return 0;
  return attempts.length - new Set(attempts.map(({ provider, model }) => `${provider}/${model}`)).size;
}

function addCall(cell: Calls, { outcome, latencyMs, costUsd, ttftMs, usage }: CountedCall): void {
  cell.attempts += 1;
  cell.costUsd += costUsd ?? 0;
  cell.input += usage?.prompt_tokens ?? 0;
  cell.cached += usage?.prompt_tokens_details?.cached_tokens ?? 0;
  cell.output += usage?.completion_tokens ?? 0;
  if (outcome !== "success") {
    count(cell.errors, outcome);
    return;
  }
  cell.successes += 1;
  cell.latency.add(latencyMs);
  if (typeof ttftMs === "number") cell.ttft.add(ttftMs);
}

function addRequest(cell: Requests, record: CountedRequest): void {
  const { outcome, attempts = [], provider, model } = record;
  cell.requests += 1;
  cell.costUsd += record.costUsd ?? 0;
  cell.savedUsd += record.savedUsd ?? 0;
  if ((record.degraded?.length ?? 0) > 0) cell.degraded += 1;
  cell.retries += retriesOf(attempts);
  for (const rung of new Set(record.degraded ?? [])) count(cell.rungs, rung);
  count(cell.cache, record.cache ?? "bypass");
  if (outcome !== "ok") {
    count(cell.errors, outcome);
    return;
  }
  cell.ok += 1;
  const [first] = attempts;
  if (first && (first.provider !== provider || first.model !== model)) cell.fallbacks += 1;
  cell.latency.add(record.latencyMs);
  if (typeof record.ttftMs === "number") cell.ttft.add(record.ttftMs);
}

function count(words: Words, word: string): void {
  const key = words.has(word) || words.size < MAX_WORDS ? word : "other";
  words.set(key, (words.get(key) ?? 0) + 1);
}

function callNumbers(cell: Calls): CallNumbers {
  const { attempts, successes, costUsd, input, cached, output } = cell;
  const tokens = { inputTokens: input, cachedTokens: cached, outputTokens: output };
  return { attempts, successes, errors: Object.fromEntries(cell.errors), costUsd, ...tokens, ...times(cell) };
}

function requestNumbers(cell: Requests): RequestNumbers {
  const { requests, ok, fallbacks, degraded, costUsd, savedUsd, retries } = cell;
  const [errors, cache, rungs] = [cell.errors, cell.cache, cell.rungs].map((each) => Object.fromEntries(each));
  const words = { errors: errors ?? {}, cache: cache ?? {}, rungs: rungs ?? {} };
  return { requests, ok, fallbacks, degraded, costUsd, savedUsd, retries, ...words, ...times(cell) };
}

function times({ ttft, latency }: { ttft: QuantileSketch; latency: QuantileSketch }) {
  return { ttftMs: quantiles(ttft), latencyMs: quantiles(latency) };
}

function quantiles(sketch: QuantileSketch) {
  const at = (p: number): number | null => {
    const value = sketch.quantile(p);
    return Number.isNaN(value) ? null : value;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function mapped<In, Out>(cells: ReadonlyMap<string, In>, read: (cell: In) => Out): { readonly [label: string]: Out } {
  return Object.fromEntries([...cells].map(([label, cell]) => [label, read(cell)]));
}
