/**
 * Draws the page's charts with uPlot, again when the width or the theme changes. Plain JavaScript, because it runs in the
 * reader's browser: no module, no build. Each chart's box gets `data-drawn` once its canvas is painted.
 */
export const PAGE_SCRIPT = `
(() => {
  "use strict";
  let charts = JSON.parse(document.getElementById("charts").textContent);
  let boxes = [];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const STATES = { closed: "--good", half_open: "--warn", open: "--bad" };
  const STATE_WORDS = { closed: "closed (thin)", half_open: "half open (medium)", open: "open (thick)" };
  const STATE_HEIGHTS = { closed: 5, half_open: 11, open: 18 };
  const MARKS = { opened: ["\u25b2", "--bad", "breaker opened"], closed: ["\u25cf", "--good", "breaker closed"], limit: ["\u25c6", "--warn", "limits met"] };
  const FONT = "12px system-ui, -apple-system, Segoe UI, Roboto, sans-serif";
  let css;
  const color = (name) => css.getPropertyValue(name).trim();
  const shade = (index, label) => color(/^p\\d\\d$/.test(label) ? "--" + label : "--c" + (index % 8));
  const trim = (value, digits) => String(+value.toFixed(digits));
  const usd = (v) => v === 0 ? "$0" : v < 0.01 ? "$" + +v.toPrecision(2) : v < 10 ? "$" + trim(v, 3) : "$" + Math.round(v).toLocaleString("en-US");
  const ms = (v) => v < 1000 ? trim(v, v < 10 ? 1 : 0) + " ms" : v < 60000 ? trim(v / 1000, v < 10000 ? 2 : 1) + " s" : trim(v / 60000, 1) + " min";
  const FORMATS = {
    ms, usd,
    share: (v) => trim(100 * v, v > 0.99 && v < 1 ? 2 : 1) + " %",
    count: (v) => v >= 1e6 ? trim(v / 1e6, 1) + " M" : v.toLocaleString("en-US"),
    perSecond: (v) => trim(v, v < 10 ? 2 : 0) + " /s",
  };
  const told = (unit) => (value) => value === null || value === undefined ? "–" : FORMATS[unit](value);
  const cut = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;

  const elapsed = (s) => s < 60 ? trim(s, s < 10 ? 1 : 0) + " s" : s < 3600 ? trim(s / 60, 1) + " min" : s < 172800 ? trim(s / 3600, 1) + " h" : trim(s / 86400, 1) + " d";
  const axis = (more) => ({
    stroke: color("--dim"), font: FONT, labelFont: FONT,
    grid: { stroke: color("--grid"), width: 1 }, ticks: { show: false }, ...more,
  });
  const two = (value) => String(value).padStart(2, "0");
  const clock = (s, step) => {
    const at = new Date(1000 * s);
    const day = two(at.getMonth() + 1) + "-" + two(at.getDate());
    if (step >= 86400) return day;
    const time = two(at.getHours()) + ":" + two(at.getMinutes());
    if (step >= 21600) return day + " " + time;
    return step < 60 ? time + ":" + two(at.getSeconds()) : time;
  };
  const timeAxis = (wall) => axis({
    space: 84, size: 30, values: (u, splits, index, space, step) => splits.map((s) => wall ? clock(s, step) : elapsed(s)),
  });
  const lastOf = (values) => values.findLast((value) => value !== null && value !== undefined);
  const widest = (values) => Math.max(...values.map((value) => String(value).length));
  const valueAxis = (unit) => axis({
    values: (u, splits) => splits.map(told(unit)),
    size: (u, values) => values === null ? 50 : 14 + 6.7 * widest(values),
    incrs: unit === "count" ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8, 1e9] : undefined,
  });
  const fromZero = (max) => ({ range: (u, low, high) => [0, max || (high > 0 ? high * 1.12 : 1)] });
  const key = (box, entries) => {
    const list = document.createElement("div");
    list.className = "key";
    for (const [label, tint, sign] of entries) {
      const item = document.createElement("span");
      const mark = document.createElement(sign ? "b" : "i");
      mark.style[sign ? "color" : "background"] = tint;
      mark.append(sign || "");
      item.append(mark, label);
      list.append(item);
    }
    box.append(list);
  };
  const drawn = (box) => () => { box.dataset.drawn = "true"; };
  // A number says the same as a colour, for those who cannot tell colours apart.
  const numbered = (many, index, label) => many > 1 ? index + 1 + " " + label : label;
  const badge = (ctx, text, left, top, tint) => {
    const pixel = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.arc(left, top, 7 * pixel, 0, 2 * Math.PI);
    ctx.fillStyle = color("--card");
    ctx.fill();
    ctx.lineWidth = 1.5 * pixel;
    ctx.strokeStyle = tint;
    ctx.stroke();
    ctx.font = FONT.replace("12px", 10 * pixel + "px");
    ctx.fillStyle = color("--ink");
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, left, top + 0.5 * pixel);
    ctx.restore();
  };
  const numberLines = (u, chart) => chart.series.forEach(({ values }, index) => {
    const many = chart.series.length;
    if (many < 2) return;
    for (let turn = 0; turn < 2; turn++) {
      const wanted = (turn + (index + 1) / (many + 1)) / 2 * (values.length - 1);
      let best = -1;
      values.forEach((value, at) => { if (value !== null && (best < 0 || Math.abs(at - wanted) < Math.abs(best - wanted))) best = at; });
      if (best >= 0) badge(u.ctx, String(index + 1), u.valToPos(chart.x[best], "x", true), u.valToPos(values[best], "y", true), shade(index));
    }
  });
  const drawMarks = (u, chart) => {
    const pixel = devicePixelRatio;
    const { left: first, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.font = FONT.replace("12px", 10 * pixel + "px");
    u.ctx.textAlign = "center";
    for (const { at, what } of chart.marks) {
      const left = u.valToPos(at, "x", true);
      if (left < first || left > first + width) continue;
      u.ctx.fillStyle = color(MARKS[what][1]);
      u.ctx.globalAlpha = 0.35;
      u.ctx.fillRect(left - pixel / 2, top, pixel, height);
      u.ctx.globalAlpha = 1;
      u.ctx.fillText(MARKS[what][0], left, top + (what === "limit" ? 18 : 8) * pixel);
    }
    u.ctx.restore();
  };

  const at = (chart, x) => chart.wall ? new Date(1000 * x).toLocaleString() : elapsed(x);
  const rowsOf = (chart) => {
    if (chart.kind === "lanes") return [["candidate", "since", "state"], ...chart.lanes.flatMap((lane) => lane.states.map(({ from, state }) => [lane.label, at(chart, from), state.replace("_", " ")]))];
    const heads = chart.kind === "bars" ? chart.categories : chart.x.map((x) => at(chart, x));
    const rows = heads.map((head, index) => [head, ...chart.series.map((one) => told(chart.unit)(one.values[index]))]);
    const marks = (chart.marks || []).map((mark) => [at(chart, mark.at), mark.label]);
    return [["", ...chart.series.map((one) => one.label)], ...rows, ...marks];
  };
  /** The chart's numbers as a table, made when somebody opens it. */
  const numbers = (box, chart) => {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = "Numbers";
    summary.setAttribute("aria-label", "Numbers: " + chart.title);
    details.dataset.of = chart.title;
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (!details.open || details.querySelector("table")) return;
      const table = document.createElement("table");
      rowsOf(chart).forEach((cells, index) => {
        const row = table.insertRow();
        cells.forEach((text, column) => {
          const cell = document.createElement(index === 0 || column === 0 ? "th" : "td");
          if (cell.tagName === "TH") cell.scope = index === 0 ? "col" : "row";
          cell.textContent = text;
          row.append(cell);
        });
      });
      details.append(table);
    });
    box.after(details);
  };

  const drawTime = (box, chart, width) => {
    const plot = new uPlot({
      width, height: 214,
      padding: [10, 28, 0, 0],
      scales: { x: { time: chart.wall }, y: fromZero(chart.max) },
      axes: [timeAxis(chart.wall), valueAxis(chart.unit)],
      legend: { live: true, markers: { width: 0, fill: (u, index) => shade(index - 1) } },
      cursor: { points: { size: 7 }, y: false },
      series: [
        { label: "at", value: (u, v) => v === null || v === undefined ? "the end" : chart.wall ? clock(v, 1) : elapsed(v) },
        ...chart.series.map((one, index) => ({
          label: numbered(chart.series.length, index, one.label), stroke: shade(index), width: 2, spanGaps: false,
          // Without a pointer on the chart the legend tells the last value.
          value: (u, v, at, index) => told(chart.unit)(index === null || index === undefined ? lastOf(one.values) : v),
          points: { show: one.values.filter((v) => v !== null).length < 3 },
          fill: chart.series.length === 2 && index === 0 ? shade(0) + "22" : undefined,
        })),
      ],
      hooks: { draw: [(u) => { drawMarks(u, chart); numberLines(u, chart); }, drawn(box)] },
    }, [chart.x, ...chart.series.map((one) => one.values)], box);
    const seen = Object.keys(MARKS).filter((what) => chart.marks.some((mark) => mark.what === what));
    if (seen.length > 0) key(box, seen.map((what) => [MARKS[what][2], color(MARKS[what][1]), MARKS[what][0]]));
    return plot;
  };

  const drawBars = (box, chart, width) => {
    const count = chart.categories.length;
    const groups = chart.stacked ? 1 : chart.series.length;
    const room = Math.min(0.8, 0.24 * groups + 0.16);
    const size = room / groups;
    const x = chart.categories.map((_, index) => index);
    const base = chart.categories.map(() => 0);
    const spans = chart.series.map((one) => one.values.map((value, index) => {
      const from = chart.stacked ? base[index] : 0;
      if (chart.stacked) base[index] += value || 0;
      return [from, from + (value || 0)];
    }));
    const top = Math.max(...spans.flat().map((span) => span[1]), 0);
    const most = Math.floor((width - 60) / count / 6.8);
    const longest = widest(chart.categories);
    const slanted = longest > most;
    const labels = chart.categories.map((label) => cut(label, slanted ? 20 : most));
    const rects = [];
    const bars = (index) => uPlot.paths.bars({
      radius: chart.stacked ? 0 : [0.12, 0],
      disp: {
        x0: { unit: 1, values: () => x.map((at) => at - room / 2 + (chart.stacked ? 0 : index * size)) },
        size: { unit: 1, values: () => x.map(() => size) },
        y0: { unit: 1, values: () => spans[index].map((span) => span[0]) },
        y1: { unit: 1, values: () => spans[index].map((span) => span[1]) },
      },
      align: 1, gap: chart.stacked ? 0 : 1,
      each: (u, series, at, left, y, wide, high) => { rects.push({ at, index, left, y, wide, high }); },
    });
    const plot = new uPlot({
      width, height: 230 + (slanted ? 26 : 0),
      padding: [18, 8, 0, slanted ? 10 : null],
      scales: { x: { time: false, range: () => [-0.5, count - 0.5] }, y: { range: () => [0, top > 0 ? top * 1.04 : 1] } },
      axes: [
        axis({ splits: () => x, values: () => labels, grid: { show: false }, rotate: slanted ? -30 : 0,
          size: slanted ? Math.min(86, 26 + 3.4 * widest(labels)) : 30, align: slanted ? 1 : 0 }),
        valueAxis(chart.unit),
      ],
      legend: { show: false },
      cursor: { show: false },
      series: [{}, ...chart.series.map((one, index) => ({ label: one.label, fill: shade(index, one.label), width: 0, paths: bars(index), points: { show: false } }))],
      hooks: {
        drawClear: [() => { rects.length = 0; }],
        draw: [(u) => {
          u.ctx.save();
          u.ctx.font = FONT.replace("12px", 11 * devicePixelRatio + "px");
          u.ctx.fillStyle = color("--dim");
          u.ctx.textAlign = "center";
          if (!chart.stacked) for (const { at, index, left, y, wide } of rects) {
            const value = chart.series[index].values[at];
            const text = value === null ? "" : FORMATS[chart.unit](value);
            if (u.ctx.measureText(text).width < wide + 6 * devicePixelRatio) u.ctx.fillText(text, left + wide / 2, y - 5 * devicePixelRatio);
          } else for (const { index, left, y, wide, high } of rects) {
            if (high > 16 * devicePixelRatio) badge(u.ctx, String(index + 1), left + wide / 2, y + high / 2, shade(index));
          }
          u.ctx.restore();
        }, drawn(box)],
      },
    }, [x, ...chart.series.map((one, index) => spans[index].map((span) => span[1]))], box);
    if (chart.series.length > 1) key(box, chart.series.map((one, index) => [chart.stacked ? numbered(2, index, one.label) : one.label, shade(index, one.label)]));
    return plot;
  };

  const drawLanes = (box, chart, width) => {
    const count = chart.lanes.length;
    const wide = width > 560;
    const names = chart.lanes.map((lane) => cut(lane.label, wide ? 30 : 16));
    const plot = new uPlot({
      width, height: 40 + Math.max(2, count) * 34,
      padding: [6, 28, 0, 0],
      scales: { x: { time: chart.wall, range: () => [chart.from, chart.to] }, y: { range: () => [-0.5, count - 0.5], dir: -1 } },
      axes: [
        timeAxis(chart.wall),
        axis({ splits: () => names.map((_, index) => index), values: () => names, size: 16 + 6.6 * widest(names), grid: { show: false } }),
      ],
      legend: { show: false },
      cursor: { show: false },
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(u) => {
          const pixel = devicePixelRatio;
          chart.lanes.forEach((lane, index) => lane.states.forEach(({ from, state }, at) => {
            const until = at + 1 < lane.states.length ? lane.states[at + 1].from : chart.to;
            const left = u.valToPos(from, "x", true);
            const right = u.valToPos(until, "x", true);
            const middle = u.valToPos(index, "y", true);
            u.ctx.fillStyle = color(STATES[state]);
            u.ctx.globalAlpha = state === "closed" ? 0.35 : 1;
            const high = STATE_HEIGHTS[state] * pixel;
            u.ctx.fillRect(left, middle - high / 2, Math.max(right - left, 1.5 * pixel), high);
            u.ctx.globalAlpha = 1;
          }));
        }, drawn(box)],
      },
    }, [[chart.from, chart.to], [null, null]], box);
    key(box, Object.keys(STATES).map((state) => [STATE_WORDS[state], color(STATES[state])]));
    return plot;
  };

  const DRAW = { time: drawTime, bars: drawBars, lanes: drawLanes };
  const widths = new Map();
  const draw = (box) => {
    const chart = charts[Number(box.dataset.chart)];
    const width = Math.floor(box.clientWidth);
    if (width < 40) return;
    widths.set(box, width);
    box.replaceChildren();
    DRAW[chart.kind](box, chart, width);
  };
  const drawAll = () => {
    css = getComputedStyle(document.documentElement);
    boxes.forEach(draw);
  };
  const begin = () => {
    boxes = [...document.querySelectorAll("[data-chart]")];
    drawAll();
    for (const box of boxes) numbers(box, charts[Number(box.dataset.chart)]);
  };
  begin();
  /** New contents, while the page is looked at: what is open stays open, and the focus where it was. */
  globalThis.signalboxShow = (html, newCharts) => {
    const main = document.querySelector("main");
    const open = [...main.querySelectorAll("details[open]")].map((details) => details.dataset.of);
    const focused = document.activeElement?.closest?.("details")?.dataset.of;
    main.style.minHeight = main.offsetHeight + "px";
    main.innerHTML = html;
    charts = newCharts;
    begin();
    for (const details of main.querySelectorAll("details")) {
      if (open.includes(details.dataset.of)) details.open = true;
      if (details.dataset.of === focused) details.querySelector("summary").focus({ preventScroll: true });
    }
    main.style.minHeight = "";
  };
  dark.addEventListener("change", drawAll);
  addEventListener("resize", () => { boxes.forEach((box) => { if (widths.get(box) !== Math.floor(box.clientWidth)) draw(box); }); });
})();
`;
