import type { Table } from "./page-model.js";
import type { BudgetNumbers, ModelPrice, OwnerNumbers, Recording, StatsLike } from "./source.js";
import { compact, number, share, topWords, usd } from "./words.js";

/** Rows of one table; what spent less is added up in one more. */
const MAX_ROWS = 25;

/** Who spent what: tenants, tags, budgets, and what the same tokens would have cost elsewhere. */
export function ownerTables({ tenants = {}, tags = {}, models }: StatsLike, recording: Recording | undefined): Table[] {
  const found: Table[] = [
    spenders("Cost and savings by tenant", "Tenant", tenants),
    spenders("Cost and savings by tag", "Tag", tags),
    {
      title: "Budgets",
      columns: ["Budget", "Spent", "Held", "Of", "Used"],
      rows: (recording?.budgets ?? []).slice(0, MAX_ROWS).map(budgetRow),
    },
    elsewhere(models, recording?.prices ?? []),
  ];
  return found.filter((table) => table.rows.length > 0);
}

function spenders(title: string, column: string, owners: { readonly [name: string]: OwnerNumbers }): Table {
  const sorted = Object.entries(owners).sort((a, b) => b[1].costUsd + b[1].savedUsd - a[1].costUsd - a[1].savedUsd);
  const rows = sorted.slice(0, MAX_ROWS).map(([name, numbers]) => spenderRow(name, numbers));
  const rest = sorted.slice(MAX_ROWS);
  if (rest.length > 0)
    rows.push(spenderRow(`${number(rest.length)} others`, summed(rest.map(([, numbers]) => numbers))));
  return { title, columns: [column, "Requests", "Answered", "Cost", "Saved", "Tokens in, out", "Failures"], rows };
}

function spenderRow(name: string, numbers: OwnerNumbers): string[] {
  const { requests, ok, errors, costUsd, savedUsd, inputTokens, outputTokens } = numbers;
  const tokens = `${compact(inputTokens)}, ${compact(outputTokens)}`;
  const answered = share(ok, requests - (errors.cancelled ?? 0));
  return [name, number(requests), answered, usd(costUsd), usd(savedUsd), tokens, topWords(errors)];
}

function summed(all: readonly OwnerNumbers[]): OwnerNumbers {
  const sum = (read: (numbers: OwnerNumbers) => number): number => all.reduce((so, numbers) => so + read(numbers), 0);
  const errors: { [kind: string]: number } = {};
  for (const numbers of all) {
    for (const [kind, count] of Object.entries(numbers.errors)) errors[kind] = (errors[kind] ?? 0) + count;
  }
  return {
    requests: sum(({ requests }) => requests),
    ok: sum(({ ok }) => ok),
    errors,
    costUsd: sum(({ costUsd }) => costUsd),
    savedUsd: sum(({ savedUsd }) => savedUsd),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
  };
}

function budgetRow({ per, key, spentUsd, reservedUsd, maxUsd }: BudgetNumbers): string[] {
  const name = per === "router" ? "router" : `${per} ${key}`;
  return [name, usd(spentUsd), usd(reservedUsd), usd(maxUsd), share(spentUsd, maxUsd)];
}

/** All tokens of the run at each model's list price. */
function elsewhere(models: StatsLike["models"], prices: readonly ModelPrice[]): Table {
  let [input, cached, output, paid] = [0, 0, 0, 0];
  for (const calls of Object.values(models)) {
    input += calls.inputTokens;
    cached += calls.cachedTokens;
    output += calls.outputTokens;
    paid += calls.costUsd;
  }
  const priced = input + output === 0 ? [] : prices;
  const costs = priced.map((price) => {
    const { model, cacheRead = price.input } = price;
    const costUsd = ((input - cached) * price.input + cached * cacheRead + output * price.output) / 1e6;
    return { model, costUsd };
  });
  costs.sort((a, b) => a.costUsd - b.costUsd);
  return {
    title: "The same tokens elsewhere",
    note:
      `${compact(input)} tokens in and ${compact(output)} out cost ${usd(paid)}. At list prices, with the same share read` +
      " from prefix caches; each vendor counts tokens in its own way.",
    columns: ["All by one model", "Would cost", "Against this run"],
    rows: costs.slice(0, MAX_ROWS).map(({ model, costUsd }) => [model, usd(costUsd), against(costUsd, paid)]),
  };
}

function against(costUsd: number, paid: number): string {
  if (paid === 0) return "–";
  const percent = Math.round(100 * (costUsd / paid - 1));
  return percent === 0 ? "the same" : `${number(Math.abs(percent))} % ${percent > 0 ? "more" : "less"}`;
}
