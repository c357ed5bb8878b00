import { describeChart } from "./describe-chart.js";
import { LIVE_SCRIPT } from "./live-script.js";
import type { Chart, PageModel, Table, Tile } from "./page-model.js";
import { PAGE_SCRIPT } from "./page-script.js";
import { PAGE_STYLE } from "./page-style.js";
import { UPLOT_CSS, UPLOT_JS, UPLOT_LICENSE } from "./uplot-source.js";

/** The page as text. It may run its own script and nothing else: its policy forbids every load, but for its own updates. */
export function pageHtml(model: PageModel, how: { readonly live?: boolean } = {}): string {
  const { title, subtitle, charts } = model;
  const live = how.live === true;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:${live ? "; connect-src 'self'" : ""}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${UPLOT_CSS}${PAGE_STYLE}</style>
</head>
<body>
<header>${SIGNAL}<div><h1>${escapeHtml(title)}</h1><p id="subtitle">${escapeHtml(subtitle)}</p>${live ? LIVE : ""}</div></header>
<main>
${mainHtml(model)}
</main>
<noscript><p class="empty">The charts need JavaScript; the tables do not.</p></noscript>
<script type="application/json" id="charts">${escapeJson(charts)}</script>
<script>/*
uPlot

${UPLOT_LICENSE}
*/
${UPLOT_JS}</script>
<script>${PAGE_SCRIPT}${live ? LIVE_SCRIPT : ""}</script>
</body>
</html>
`;
}

const LIVE =
  '<p class="live"><span id="live" role="status">connecting</span> <button type="button" id="pause" aria-pressed="false">Pause</button></p>';

/** What changes while a run goes on: all between header and end. */
export function mainHtml({ tiles, charts, tables }: PageModel): string {
  return `<section class="tiles" aria-label="At a glance">${tiles.map(tileHtml).join("")}</section>
<section class="charts" aria-label="Charts">${charts.map(chartHtml).join("")}</section>
${tables.map(tableHtml).join("\n")}`;
}

/** A semaphore signal, arm raised. */
const SIGNAL =
  '<svg viewBox="0 0 44 44" width="44" height="44" aria-hidden="true"><rect x="11" y="3" width="4" height="39" rx="2" fill="currentColor"/>' +
  '<rect x="6" y="40" width="14" height="3" rx="1.5" fill="currentColor"/><g transform="rotate(-28 13 14)">' +
  '<rect x="13" y="9.5" width="28" height="9" rx="1.5" fill="var(--bad)"/><rect x="32" y="9.5" width="4" height="9" fill="#fff"/></g>' +
  '<circle cx="13" cy="14" r="4" fill="var(--bg)" stroke="currentColor" stroke-width="2"/></svg>';

function tileHtml({ label, value, note }: Tile): string {
  const small = note === undefined ? "" : `<small>${escapeHtml(note)}</small>`;
  return `<div class="tile"><span>${escapeHtml(label)}</span><strong>${escapeHtml(value)}</strong>${small}</div>`;
}

function chartHtml(chart: Chart, index: number): string {
  const { title, note } = chart;
  const told = note === undefined ? "" : `<p>${escapeHtml(note)}</p>`;
  return `<figure><figcaption><h2>${escapeHtml(title)}</h2>${told}</figcaption><div class="chart" data-chart="${index}" role="img" aria-label="${escapeHtml(describeChart(chart))}"></div></figure>`;
}

function tableHtml({ title, note, columns, rows }: Table): string {
  const told = note === undefined ? "" : `<p>${escapeHtml(note)}</p>`;
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join("");
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, at) => cellHtml(cell, columns[at] ?? "", at)).join("")}</tr>`,
  );
  return `<section class="table"><h2>${escapeHtml(title)}</h2>${told}<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table></section>`;
}

function cellHtml(cell: string, column: string, at: number): string {
  const text = escapeHtml(cell);
  return at === 0 ? `<th scope="row">${text}</th>` : `<td data-label="${escapeHtml(column)}">${text}</td>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** JSON that cannot end the element it stands in. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}
