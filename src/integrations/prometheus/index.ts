/**
 * Metrics on a registry of prom-client.
 *
 * @module signalbox/prometheus
 */

export { type ExportMetricsOptions, exportMetrics } from "./export-metrics.js";
export type { OwnersLike, RouterLike, StatsLike } from "./router-like.js";
