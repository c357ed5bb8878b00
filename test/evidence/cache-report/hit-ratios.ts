import { contestants } from "./contestants.js";
import { type Replayed, replay, replayOptimal, replayQuickLru } from "./replay.js";
import type { InputFile, ReportContext, ReportKind } from "./report-kind.js";
import { percent, ratio, table } from "./table.js";
import { isSized, parseBlocks, parseKeys, type Trace } from "./trace.js";

/** The capacity that is spoken of below the table. */
const MAIN = 0.1;

type Row = readonly [label: string, ratios: readonly Replayed[]];

function rowsOf(file: InputFile, trace: Trace, context: ReportContext): readonly Row[] {
  const total = trace.sizes?.reduce((sum, size) => sum + size, 0) ?? trace.unique;
  const units = context.capacities.map((share) => Math.max(1, Math.floor(total * share)));
  const run = (label: string, at: (capacity: number) => Replayed): Row => {
    const ratios = units.map((capacity, index) => {
      context.progress(`${file.name}: ${label} at ${percent(context.capacities[index] ?? 0)}`);
      return at(capacity);
    });
    return [label, ratios];
  };
  const sized = trace.sizes !== undefined;
  const rows = contestants(sized).map(({ policy, bytes, share }) =>
    run(`${policy.name} (${bytes} B)`, (capacity) => replay(trace, policy, Math.max(1, Math.floor(capacity * share)))),
  );
  if (sized) return rows;
  const quick = run("quick-lru, equal peak", (capacity) =>
    replayQuickLru(trace, Math.max(1, Math.floor(capacity / 2))),
  );
  return [...rows, quick, run("OPT", (capacity) => replayOptimal(trace, capacity))];
}

function report(file: InputFile, trace: Trace, unit: string, context: ReportContext): void {
  const rows = rowsOf(file, trace, context);
  const head = context.capacities.map(percent);
  context.print(`${file.name}: ${trace.keys.length} ${unit}, ${trace.unique} unique; hit ratio by capacity`);
  const shown = ({ hits, byteHits }: Replayed) =>
    trace.sizes === undefined ? ratio(hits) : `${ratio(hits)}/${ratio(byteHits)}`;
  for (const line of table(
    ["", ...head],
    rows.map(([label, ratios]) => [label, ...ratios.map(shown)]),
  )) {
    context.print(`  ${line}`);
  }
  if (trace.sizes !== undefined) context.print("  (objects/bytes; capacity as a share of all bytes)");
  verdict(trace, rows, context);
  context.plot({
    title: file.name,
    x: "capacity, % of what is unique",
    y: "hit ratio",
    curves: rows.map(([label, ratios]) => ({
      label,
      points: ratios.map(({ hits }, index) => [(context.capacities[index] ?? 0) * 100, hits]),
    })),
  });
  context.print();
}

/** Where the default stands, and where it loses. */
function verdict(trace: Trace, rows: readonly Row[], context: ReportContext): void {
  const [ours, plain, s3] = rows;
  const main = context.capacities.indexOf(MAIN);
  if (trace.sizes === undefined && ours && plain && s3 && main >= 0) {
    const [a, b, c] = [ours, plain, s3].map(([, ratios]) => ratios[main]?.hits ?? Number.NaN) as [
      number,
      number,
      number,
    ];
    const ahead = a - Math.max(b, c);
    context.print(
      `  at ${percent(MAIN)}: ${ahead < 0 ? "behind" : "ahead of"} the better of lru and s3-fifo by ${ratio(Math.abs(ahead))}`,
    );
    context.remember("hit ratios", [a, b, c]);
  }
  const losses: string[] = [];
  for (const [index, capacity] of context.capacities.entries()) {
    const mine = ours?.[1][index]?.hits ?? Number.NaN;
    const better = rows
      .slice(1)
      .filter(([label, ratios]) => label !== "OPT" && (ratios[index]?.hits ?? 0) > mine + 0.0005);
    for (const [label, ratios] of better) {
      losses.push(`${percent(capacity)} ${label.split(" (")[0]} +${ratio((ratios[index]?.hits ?? 0) - mine)}`);
    }
  }
  context.print(`  losses: ${losses.length === 0 ? "none" : losses.join(", ")}`);
}

/** Requests that repeat an earlier one whole: what an exact response cache could serve at most. */
function wholeRepeats(file: InputFile): number {
  const seen = new Set<string>();
  let repeats = 0;
  const lines = file.text.trim().split(/\r?\n/);
  for (const line of lines) {
    const { hash_ids, input_length } = JSON.parse(line) as { hash_ids: number[]; input_length?: number };
    const whole = `${input_length}:${hash_ids.join(",")}`;
    if (seen.has(whole)) repeats++;
    seen.add(whole);
  }
  return repeats / lines.length;
}

export const keyTraces: ReportKind = {
  name: "keys",
  takes: "lines of key, or key,size, with that header",
  matches: ({ text }) => /^key\r?\n/.test(text) || /^key,size\r?\n/.test(text),
  async run(file, context) {
    report(file, parseKeys(file), isSized(file) ? "accesses with sizes" : "accesses", context);
  },
};

export const blockTraces: ReportKind = {
  name: "blocks",
  takes: "JSON lines with hash_ids, the prefix blocks of each request",
  matches: ({ text }) => /^\{[^\n]*"hash_ids"/.test(text),
  async run(file, context) {
    const repeats = wholeRepeats(file);
    report(file, parseBlocks(file), "prefix blocks (a hit only where no miss precedes it in the request)", context);
    context.print(`  requests that repeat an earlier one whole: ${percent(repeats)}\n`);
  },
};
