import { checkFunction, checkOptions } from "../../errors/check-options.js";
import { ownerTables } from "./owners-page.js";
import { pageHtml } from "./page-html.js";
import type { Chart, PageModel } from "./page-model.js";
import { readSource } from "./read-source.js";
import { requestTables } from "./requests-page.js";
import { runCharts } from "./run-page.js";
import type { Recording, ReportSource, StatsLike } from "./source.js";
import { cacheBars, costBars, errorBars, latencyBars, strategyBars, tables, tiles } from "./totals-page.js";
import { duration, number } from "./words.js";

/** What stands at the top of the page. */
export interface ReportOptions {
  /** Heading of the page. @default "signalbox report" */
  readonly title?: string | undefined;
  /** When it was made, wall-clock milliseconds; `null` leaves it out. @default now */
  readonly generatedAtMs?: number | null | undefined;
  /** Told now and then how many lines of a log have been read. @default nobody is told */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/**
 * One self-contained HTML page: cost and savings, latency by provider, kinds of failure, breakers, cache hits and
 * strategies, who spent what, and which requests were slow or failed. It loads nothing and sends nothing. From `router.stats()` it shows totals; a recording
 * ({@link recordRouter}) or a log (what `decisionLog` was handed, or `done` events) shows the run over time as well.
 *
 * @throws SignalboxError `invalid_request` for anything else; `invalid_options` for a wrong option
 * @example
 * await writeFile("report.html", renderReport(router.stats()));
 */
export function renderReport(source: ReportSource, options: ReportOptions = {}): string {
  checkOptions(options, "renderReport", ["title", "generatedAtMs", "onProgress"]);
  const { title = "signalbox report", generatedAtMs = Date.now(), onProgress } = options;
  checkFunction(onProgress, "onProgress");
  const { stats, recording, ignored } = readSource(source, onProgress);
  return pageHtml(reportPage(stats, recording, { title, subtitle: subtitle(recording, ignored, generatedAtMs) }));
}

/** The page of a run, or of totals alone. */
export function reportPage(
  stats: StatsLike,
  recording: Recording | undefined,
  head: Pick<PageModel, "title" | "subtitle">,
): PageModel {
  const run = recording ? runCharts(recording) : {};
  const charts: (Chart | undefined)[] = [
    run.cost,
    run.cost ? undefined : costBars(stats),
    run.load,
    ...latencyBars(stats),
    run.latency,
    errorBars(stats),
    run.breakers,
    run.cache ?? cacheBars(stats),
    strategyBars(stats),
  ];
  return {
    ...head,
    tiles: tiles(stats),
    charts: charts.filter((chart) => chart !== undefined),
    tables: [...ownerTables(stats, recording), ...tables(stats), ...requestTables(recording)],
  };
}

function subtitle(recording: Recording | undefined, ignored: number, generatedAtMs: number | null): string {
  const words: string[] = [];
  if (recording) words.push(`a run of ${duration(recording.lengthMs)}`);
  if (generatedAtMs !== null)
    words.push(`written ${new Date(generatedAtMs).toISOString().replace("T", " ").slice(0, 16)} UTC`);
  if (ignored > 0) words.push(`${number(ignored)} ${ignored === 1 ? "line" : "lines"} of the log not understood`);
  return words.join(" · ");
}
