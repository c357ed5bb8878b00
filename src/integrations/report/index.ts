export { type RouterRecorder, recordRouter } from "./record-router.js";
export { type ReportOptions, renderReport } from "./render-report.js";
export type {
  LoggedRequest,
  RecordedChange,
  RecordedSlice,
  Recording,
  ReportSource,
  RouterLike,
  StatsLike,
} from "./source.js";
