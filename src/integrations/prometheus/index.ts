export { type ExportMetricsOptions, exportMetrics } from "./export-metrics.js";
export type { OwnersLike, RouterLike, StatsLike } from "./router-like.js";
