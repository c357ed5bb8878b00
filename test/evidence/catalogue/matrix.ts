import type { Capabilities, ModelInfo } from "../../../src/contract/provider.js";

/** A markdown table. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const line = head.map((_, index) => (right.includes(index) ? "--:" : "---"));
  return [head, line, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Tokens as people write them. */
export function tokens(count: number | null): string {
  return count === null ? "?" : count.toLocaleString("en-US");
}

const money = (value: number | null | undefined): string =>
  value === null || value === undefined ? "-" : String(value);

function thinking({ thinking: mode, efforts }: Capabilities): string {
  const words = efforts === undefined ? "" : ` (${efforts.join(", ")})`;
  return mode === "none" ? "-" : mode + words;
}

const TOOL_CHOICE = {
  full: "yes",
  auto: "yes, auto only",
  none_only: "yes, auto and none",
  no_required: "yes, not `required`",
} as const;

function tools({ tools: has, toolChoice }: Capabilities): string {
  return has ? TOOL_CHOICE[toolChoice ?? "full"] : "no";
}

const VISION = { data: "data URLs", url: "data and http URLs" } as const;

/** One row per model. Prices are dollars per million tokens; a second line of prices holds above the named input. */
export function matrix(models: readonly ModelInfo[], auto: ReadonlySet<string>): string {
  const rows = models.map((model) => {
    const { capabilities, usdPerMTok: price } = model;
    const tier = price?.tiers?.[0];
    const from = (now: number | null | undefined, later: number | null | undefined) =>
      tier === undefined ? money(now) : `${money(now)} / ${money(later)}`;
    return [
      `\`${model.id}\`${auto.has(model.id) ? " *" : ""}`,
      tokens(model.contextWindow),
      tokens(model.maxOutput),
      tools(capabilities),
      capabilities.vision === false ? "-" : VISION[capabilities.vision],
      thinking(capabilities),
      capabilities.json === "none" ? "-" : capabilities.json,
      from(price?.input, tier?.input),
      from(price?.cacheRead, tier?.cacheRead),
      from(price?.output, tier?.output),
      model.endsOn === undefined ? (model.status ?? "") : `ends ${model.endsOn}`,
      model.asOf ?? "",
    ];
  });
  const head = [
    "model",
    "context",
    "max output",
    "tools",
    "pictures",
    "thinking",
    "JSON",
    "in",
    "cached",
    "out",
    "status",
    "read on",
  ];
  return table(head, rows, [1, 2, 7, 8, 9]);
}
