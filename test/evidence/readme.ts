/** `npm run readme`: writes the tables of the pages anew from the data and types that the code itself uses. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GLM_PROFILE } from "../../src/vendors/glm.js";
import { KIMI_PROFILE } from "../../src/vendors/kimi.js";
import { MINIMAX_PROFILE } from "../../src/vendors/minimax.js";
import { matrix } from "./catalogue/matrix.js";
import { errorsTable } from "./errors-table.js";
import { eventsTable, optionsTable } from "./type-tables.js";

const ROOT = new URL("../../", import.meta.url);

function modelsTable(): string {
  const profiles = [MINIMAX_PROFILE, GLM_PROFILE, KIMI_PROFILE];
  const models = profiles.flatMap((profile) => profile.models);
  return matrix(models, new Set(profiles.flatMap((profile) => profile.autoModels)));
}

/** A table made of data, and where it is printed: between `<!-- name -->` and `<!-- /name -->` of its page. */
export interface PageTable {
  readonly page: string;
  readonly name: string;
  make(): string;
}

export const TABLES: readonly PageTable[] = [
  { page: "README.md", name: "errors", make: () => errorsTable("kinds") },
  { page: "README.md", name: "options", make: () => optionsTable("src/router/options.ts", "RouterOptions") },
  {
    page: "README.md",
    name: "call-options",
    make: () => optionsTable("src/contract/call-options.ts", "CallOptions"),
  },
  { page: "README.md", name: "events", make: eventsTable },
  { page: "src/errors/README.md", name: "errors", make: () => errorsTable("details") },
  { page: "src/vendors/README.md", name: "models", make: modelsTable },
];

const marks = (name: string): readonly [string, string] => [`<!-- ${name}: npm run readme -->`, `<!-- /${name} -->`];

/** A table as it stands in a page; `null` where the page has no place for it. */
export function tableIn(page: string, name: string): string | null {
  const [begin, end] = marks(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  return from < 0 || to < from ? null : page.slice(from + begin.length, to).trim();
}

function withTable(text: string, { page, name, make }: PageTable): string {
  const [begin, end] = marks(name);
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no place for ${name}`);
  return `${text.slice(0, from)}${begin}\n${make()}\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const table of TABLES) {
    const file = new URL(table.page, ROOT);
    writeFileSync(file, withTable(readFileSync(file, "utf8"), table));
  }
}
