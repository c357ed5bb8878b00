import type { ModelInfo } from "../../../src/contract/provider.js";
import type { VendorProfile } from "../../../src/vendors/profile.js";
import type { Dialect } from "../../../src/wire/dialect.js";
import { matrix, table } from "./matrix.js";
import type { VendorNotes } from "./tips.js";

/** A vendor's page. */
export function page(profile: VendorProfile, notes: VendorNotes): string {
  const { models, autoModels, variables, retired, prefixCache } = profile;
  const parts = [
    `## ${notes.name}: \`${profile.id}()\``,
    `Key: ${variables.map((name) => `\`${name}\``).join(", ")}. Automatic models: ${autoModels.map((id) => `\`${id}\``).join(", ")}.`,
    notes.correction,
    matrix(models, new Set(autoModels)),
    list(
      "Notes on models",
      models.filter((model) => model.notes).map((model) => `\`${model.id}\`: ${model.notes}`),
    ),
    list("Sources", sources(models)),
    Object.keys(retired).length > 0
      ? `Retired: ${Object.entries(retired)
          .map(([id, next]) => `\`${id}\` (use \`${next}\`)`)
          .join(", ")}.`
      : undefined,
    `### Endpoints\n\n${endpoints(profile)}`,
    `### What is sent for \`reasoning_effort\`\n\n${efforts(profile)}`,
    list("Not sent", [dropped(profile)]),
    list("Quirks", notes.quirks),
    list("Tips", notes.tips),
    `Prefix cache: from ${prefixCache.minTokens} tokens, taken to live ${prefixCache.ttlMs / 1_000} s.`,
    `### Error codes\n\n${codes(profile)}`,
  ];
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `### ${title}\n\n${items.map((item) => `- ${item}`).join("\n")}`;
}

function sources(models: readonly ModelInfo[]): readonly string[] {
  const bySource = new Map<string, string[]>();
  for (const { id, source, asOf } of models) {
    const key = `${source} (${asOf})`;
    bySource.set(key, [...(bySource.get(key) ?? []), id]);
  }
  return [...bySource].map(([source, ids]) => `${ids.map((id) => `\`${id}\``).join(", ")}: ${source}`);
}

function endpoints({ endpoints: all }: VendorProfile): string {
  const rows: string[][] = [];
  for (const wire of ["openai", "anthropic"] as const) {
    for (const region of ["international", "china"] as const) {
      const { standard, coding } = all[wire][region];
      rows.push([wire, region, `\`${standard}\``, coding === standard ? "the same" : `\`${coding}\``]);
    }
  }
  return table(["wire", "region", "standard plan", "coding plan"], rows);
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

function dialect(profile: VendorProfile, model: ModelInfo): Dialect {
  return profile.dialectOf(model, { region: "international", plan: "standard", wire: "openai" });
}

function efforts(profile: VendorProfile): string {
  const rows = profile.models.map((model) => {
    const { effort } = dialect(profile, model);
    const words = EFFORTS.map((name) => {
      const fields = typeof effort === "object" ? effort[name] : undefined;
      const thinking = fields?.thinking as { type?: string } | undefined;
      return String(thinking?.type ?? fields?.reasoning_effort ?? "-");
    });
    return [`\`${model.id}\``, ...words];
  });
  return table(["model", ...EFFORTS], rows);
}

function dropped(profile: VendorProfile): string {
  const [first] = profile.models;
  const fields = first === undefined ? [] : [...(dialect(profile, first).drop ?? [])];
  return fields.map((field) => `\`${field}\``).join(", ");
}

function codes(profile: VendorProfile): string {
  const { codes: byCode = {}, patterns = [] } = profile.codes;
  const name = (row: { kind: string; detail?: string | undefined }) =>
    row.detail ? `${row.kind} / ${row.detail}` : row.kind;
  const rows = Object.entries(byCode).map(([code, row]) => {
    const refined = (row.refine ?? []).map((one) => `${name(one)} for ${cell(one.pattern)}`);
    return [`\`${code}\``, name(row), refined.join("; ")];
  });
  for (const row of patterns) rows.push([cell(row.pattern), name(row), ""]);
  return table(["code, type or phrase", "kind", "told apart by the message"], rows);
}

/** A pattern inside a table cell. */
function cell(pattern: RegExp): string {
  return `\`${String(pattern).replaceAll("|", "\\|")}\``;
}
