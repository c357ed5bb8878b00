import type { Table } from "./page-model.js";
import type { RecordedRequest, Recording } from "./source.js";
import { duration, number, usd } from "./words.js";

const COLUMNS = ["Request", "At", "Kind", "Tenant", "Model", "Calls", "Took", "Cost", "Outcome"];

/** Requests worth a look. Their text was never recorded. */
export function requestTables(recording: Recording | undefined): Table[] {
  const found: Table[] = [
    { title: "Slowest requests", columns: COLUMNS, rows: (recording?.slowest ?? []).map(requestRow) },
    { title: "Failed requests, newest first", columns: COLUMNS, rows: (recording?.failed ?? []).map(requestRow) },
  ];
  return found.filter((table) => table.rows.length > 0);
}

function requestRow(request: RecordedRequest): string[] {
  const { requestId, atMs, outcome, kind, tenant, candidate, calls, latencyMs, costUsd } = request;
  return [
    requestId === "" ? "–" : requestId,
    duration(atMs),
    kind ?? "–",
    tenant ?? "–",
    candidate ?? "–",
    number(calls),
    duration(latencyMs),
    costUsd === null ? "–" : usd(costUsd),
    outcome,
  ];
}
