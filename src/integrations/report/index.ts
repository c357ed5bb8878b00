/**
 * A page of what happened, afterwards or while it happens.
 *
 * @module signalbox/report
 */

import { live } from "./live.js";
import { recordRouter } from "./record-router.js";
import { renderReport } from "./render-report.js";

export { type LiveOptions, type LiveReport, live } from "./live.js";
export { type RouterRecorder, recordRouter } from "./record-router.js";
export { type ReportOptions, renderReport } from "./render-report.js";
export type {
  BudgetNumbers,
  LoggedRequest,
  ModelPrice,
  RecordedChange,
  RecordedRequest,
  RecordedSlice,
  Recording,
  ReportSource,
  RouterLike,
  StatsLike,
} from "./source.js";

/** All of this door under one name: `report.live(router)`. */
export const report: {
  /** A `fetch` handler for a page that goes on telling. */
  readonly live: typeof live;
  /** Records a run, for a page afterwards. */
  readonly record: typeof recordRouter;
  /** The page of a run, of statistics, or of a log. */
  readonly render: typeof renderReport;
} = { live, record: recordRouter, render: renderReport };
