/** A curve of a plot. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes?: readonly string[] | undefined;
}

const COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a", "#bf3989", "#0a7ea4", "#6e7781"];
const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 64;
const BOTTOM = 48;
const TOP = 16;

/** A self-contained page: tables and plots, no script, nothing fetched. */
export function page(title: string, intro: readonly string[], parts: readonly (Table | Plot)[]): string {
  const body = parts.map((part) => ("rows" in part ? tableHtml(part) : plotSvg(part))).join("\n");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; background: #fff; }
table { border-collapse: collapse; margin: 0.5rem 0 1rem; font-variant-numeric: tabular-nums; font-size: 0.92em; }
th, td { border-bottom: 1px solid #d1d9e0; padding: 0.25rem 0.7rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; } .note { color: #59636e; font-size: 0.92em; }
</style></head><body>
<h1>${escaped(title)}</h1>
${intro.map((line) => `<p>${escaped(line)}</p>`).join("\n")}
${body}
</body></html>
`;
}

/** A table as aligned text. */
export function tableText({ title, head, rows, notes }: Table): string {
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [`\n${title}`, line(head), rule, ...rows.map(line), ...(notes ?? []).map((note) => `  ${note}`)].join("\n");
}

function tableHtml({ title, head, rows, notes }: Table): string {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  return `<h2>${escaped(title)}</h2><table><thead><tr>${cells(head, "th")}</tr></thead><tbody>
${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n")}
</tbody></table>${(notes ?? []).map((note) => `<p class="note">${escaped(note)}</p>`).join("")}`;
}

function plotSvg({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const [x0, x1] = range(points.map((point) => point[0]));
  const [y0, y1] = range(points.map((point) => point[1]));
  const right = WIDTH - 170;
  const atX = (value: number): number => LEFT + ((value - x0) / (x1 - x0)) * (right - LEFT);
  const atY = (value: number): number => HEIGHT - BOTTOM - ((value - y0) / (y1 - y0)) * (HEIGHT - BOTTOM - TOP);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const grid = ticks
    .map((part) => {
      const valueY = y0 + part * (y1 - y0);
      const valueX = x0 + part * (x1 - x0);
      return `<line x1="${LEFT}" x2="${right}" y1="${atY(valueY)}" y2="${atY(valueY)}" stroke="#eaeef2"/>
<text x="${LEFT - 6}" y="${atY(valueY) + 4}" text-anchor="end">${short(valueY)}</text>
<text x="${atX(valueX)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(valueX)}</text>`;
    })
    .join("\n");
  const curves = lines
    .map((line, index) => {
      const colour = COLOURS[index % COLOURS.length]!;
      const path = line.points.map(([px, py]) => `${atX(px).toFixed(1)},${atY(py).toFixed(1)}`).join(" ");
      return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path}"/>
<text x="${right + 10}" y="${TOP + 14 + index * 18}" fill="${colour}">${escaped(line.name)}</text>`;
    })
    .join("\n");
  return `<h2>${escaped(title)}</h2><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${escaped(title)}" font-size="12" font-family="system-ui, sans-serif">
${grid}
${curves}
<text x="${(LEFT + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(x)}</text>
<text transform="translate(14 ${(HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>
</svg>`;
}

function range(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
