export { type ExportMetricsOptions, exportMetrics } from "./export-metrics.js";
export type { RouterLike, StatsLike } from "./router-like.js";
