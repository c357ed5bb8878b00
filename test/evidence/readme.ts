/** `npm run readme`: writes the tables of README.md anew from the data that the code itself uses. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GLM_PROFILE } from "../../src/vendors/glm.js";
import { KIMI_PROFILE } from "../../src/vendors/kimi.js";
import { MINIMAX_PROFILE } from "../../src/vendors/minimax.js";
import { matrix } from "./catalogue/matrix.js";
import { errorsTable } from "./errors-table.js";

const README = new URL("../../README.md", import.meta.url);

function modelsTable(): string {
  const profiles = [MINIMAX_PROFILE, GLM_PROFILE, KIMI_PROFILE];
  const models = profiles.flatMap((profile) => profile.models);
  return matrix(models, new Set(profiles.flatMap((profile) => profile.autoModels)));
}

/** What stands between `<!-- name -->` and `<!-- /name -->`. */
export const TABLES: Readonly<Record<string, () => string>> = { errors: errorsTable, models: modelsTable };

const marks = (name: string): readonly [string, string] => [`<!-- ${name}: npm run readme -->`, `<!-- /${name} -->`];

/** A table as it stands in a page; `null` where the page has no place for it. */
export function tableIn(page: string, name: string): string | null {
  const [begin, end] = marks(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  return from < 0 || to < from ? null : page.slice(from + begin.length, to).trim();
}

function withTable(page: string, name: string, table: string): string {
  const [begin, end] = marks(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no place for ${name}`);
  return `${page.slice(0, from)}${begin}\n${table}\n${page.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let page = readFileSync(README, "utf8");
  for (const [name, table] of Object.entries(TABLES)) page = withTable(page, name, table());
  writeFileSync(README, page);
}
