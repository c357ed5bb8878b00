import type { Plot } from "./report-kind.js";

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 56;
const RIGHT = 190;
const TOP = 28;
const BOTTOM = 44;
const COLOURS = [
  "#c0392b",
  "#2c3e50",
  "#2980b9",
  "#27ae60",
  "#8e44ad",
  "#d68910",
  "#7f8c8d",
  "#16a085",
  "#a04000",
  "#000000",
];

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A page that needs nothing else: the plots as drawings, the tables as text. */
export function plotPage(title: string, plots: readonly Plot[], printed: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:15px system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}pre{overflow:auto;font-size:13px}</style>
</head><body><h1>${escaped(title)}</h1>
${plots.map(draw).join("\n")}
<pre>${escaped(printed)}</pre>
</body></html>
`;
}

function draw(plot: Plot): string {
  const points = plot.curves.flatMap(({ points }) => points);
  const xs = points.map(([x]) => x);
  const top = Math.max(0.05, ...points.map(([, y]) => y)) * 1.05;
  const [least, most] = [Math.log(Math.min(...xs)), Math.log(Math.max(...xs))];
  const across = (x: number) => LEFT + ((Math.log(x) - least) / (most - least || 1)) * (WIDTH - LEFT - RIGHT);
  const down = (y: number) => HEIGHT - BOTTOM - (y / top) * (HEIGHT - TOP - BOTTOM);
  const lines = plot.curves.map(({ label, points: curve }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = curve.map(([x, y]) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`).join(" ");
    const width = index === 0 ? 3 : 1.5;
    const y = TOP + 16 * index;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>
<line x1="${WIDTH - RIGHT + 12}" x2="${WIDTH - RIGHT + 32}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="${width}"/>
<text x="${WIDTH - RIGHT + 38}" y="${y + 4}" font-size="12">${escaped(label)}</text>`;
  });
  const marks = [...new Set(xs)].map(
    (x) =>
      `<text x="${across(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" font-size="12" text-anchor="middle">${x}</text>`,
  );
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = down(top * share).toFixed(1);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#ddd"/>
<text x="${LEFT - 8}" y="${y}" font-size="12" text-anchor="end" dominant-baseline="middle">${(top * share).toFixed(2)}</text>`;
  });
  return `<h2>${escaped(plot.title)}</h2>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`${plot.title}: ${plot.y} by ${plot.x}`)}">
${grid.join("\n")}
${marks.join("\n")}
${lines.join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" font-size="12" text-anchor="middle">${escaped(plot.x)}</text>
<text x="14" y="${HEIGHT / 2}" font-size="12" text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})">${escaped(plot.y)}</text>
</svg>`;
}
