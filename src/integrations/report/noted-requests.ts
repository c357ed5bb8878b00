import type { RecordedRequest } from "./source.js";
import { type CountedRequest, clipped } from "./totals.js";

/** Requests of each sort that are kept. */
const KEPT = 10;

/** The slowest requests and the last that failed: ids, kinds and numbers, no text. */
export class NotedRequests {
  /** Slowest first. */
  readonly #slowest: RecordedRequest[] = [];
  /** Oldest first. */
  readonly #failed: RecordedRequest[] = [];

  add(atMs: number, record: CountedRequest): void {
    const failed = record.outcome !== "ok" && record.outcome !== "cancelled";
    const slowest = this.#slowest;
    const slow = slowest.length < KEPT || record.latencyMs > (slowest.at(-1)?.latencyMs ?? 0);
    if (!failed && !slow) return;
    const noted = noteOf(atMs, record);
    if (failed && this.#failed.push(noted) > KEPT) this.#failed.shift();
    if (!slow) return;
    const at = slowest.findIndex(({ latencyMs }) => latencyMs < noted.latencyMs);
    slowest.splice(at < 0 ? slowest.length : at, 0, noted);
    if (slowest.length > KEPT) slowest.pop();
  }

  read(): { readonly slowest: readonly RecordedRequest[]; readonly failed: readonly RecordedRequest[] } {
    return { slowest: [...this.#slowest], failed: this.#failed.toReversed() };
  }
}

function noteOf(atMs: number, record: CountedRequest): RecordedRequest {
  const { requestId = "", outcome, detail, kind, tenant, attempts = [], latencyMs, costUsd = null } = record;
  const last = attempts.at(-1);
  const [provider, model] = record.provider ? [record.provider, record.model] : [last?.provider, last?.model];
  return {
    requestId: clipped(requestId),
    atMs,
    outcome: clipped(detail === undefined ? outcome : `${outcome}/${detail}`),
    kind: typeof kind === "string" ? clipped(kind) : null,
    ...(typeof tenant === "string" ? { tenant: clipped(tenant) } : {}),
    candidate: provider === undefined ? null : clipped(`${provider}/${model}`),
    calls: attempts.length,
    latencyMs,
    costUsd,
  };
}
