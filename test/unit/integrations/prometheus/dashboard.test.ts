import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { createRouter } from "signalbox";
import { expect, it } from "vitest";
import { exportMetrics } from "../../../../src/integrations/prometheus/index.js";
import { says, scripted } from "../support.js";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const file = new URL("../../../../examples/grafana-dashboard.json", import.meta.url);
const { panels, templating } = JSON.parse(readFileSync(file, "utf8")) as {
  panels: Panel[];
  templating: { list: { query: string | { query: string } }[] };
};

it("the dashboard asks only for metrics and labels that are exported", () => {
  const register = new Registry();
  exportMetrics(createRouter({ providers: [scripted(() => says("Hi"), { id: "a" })] }), { register });
  const exported = new Map(
    register.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      return [name, new Set([...labelNames, "job", "le"])];
    }),
  );
  const queries = panels.flatMap((panel) => panel.targets?.map((target) => target.expr) ?? []);
  const variables = templating.list.map(({ query }) => (typeof query === "string" ? query : query.query));
  const asked = new Set<string>();
  for (const query of [...queries, ...variables]) {
    for (const [, name = "", labels = ""] of query.matchAll(/(signalbox_[a-z_]+)(?:\{([^}]*)\})?/g)) {
      const known = exported.get(name.replace(/_(bucket|sum|count)$/, "")) ?? exported.get(name);
      expect(known, name).toBeDefined();
      for (const [, label] of labels.matchAll(/([a-z_]+)(?:=~|!=|=)/g))
        expect(known, `${name} ${label}`).toContain(label);
      asked.add(name.replace(/_(bucket|sum|count)$/, ""));
    }
  }
  expect([...exported.keys()].filter((name) => !asked.has(name))).toEqual([]);
});

it("its panels do not overlap, and each has a title and a number of its own", () => {
  expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    expect(title).not.toBe("");
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
        taken.add(`${x},${y}`);
      }
    }
  }
});
