/**
 * Prints the capability matrix and a page per vendor, in markdown: `npm run catalogue`, or with `matrix`, `minimax`,
 * `glm` or `kimi` that part alone. Everything comes from the data that the adapters themselves use.
 * `npm run catalogue -- --check FILE` shows what models.dev's JSON in FILE (`api.json`) says otherwise.
 */
import { readFileSync } from "node:fs";
import { GLM_PROFILE } from "../../src/vendors/glm.js";
import { KIMI_PROFILE } from "../../src/vendors/kimi.js";
import { MINIMAX_PROFILE } from "../../src/vendors/minimax.js";
import { catalogueDifference } from "./catalogue/check.js";
import { matrix } from "./catalogue/matrix.js";
import { page } from "./catalogue/page.js";
import { NOTES } from "./catalogue/tips.js";

const profiles = [MINIMAX_PROFILE, GLM_PROFILE, KIMI_PROFILE];

function overview(): string {
  const models = profiles.flatMap((profile) => profile.models);
  const auto = new Set(profiles.flatMap((profile) => profile.autoModels));
  return [
    `# ${models.length} models`,
    'Dollars per million tokens, international price lists; two prices where the whole request costs more above 512,000 input tokens. `*` marks what `"auto"` may choose. Read from documents, sources and public catalogues on the dates given; the adapters are tested against recorded shapes on a loopback server. Every fact can be overridden (`models`).',
    matrix(models, auto),
  ].join("\n\n");
}

const parts: { readonly [name: string]: () => string } = { matrix: overview };
const pages = Object.fromEntries(
  profiles.map((profile) => [
    profile.id,
    () => page(profile, NOTES[profile.id] ?? { name: profile.id, quirks: [], tips: [] }),
  ]),
);
const all = { ...parts, ...pages };
const [wanted, file] = process.argv.slice(2);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

if (wanted === "--check") check(file);
else {
  const chosen = wanted === undefined ? Object.keys(all) : [wanted];
  const unknown = chosen.find((name) => all[name] === undefined);
  if (unknown === undefined) say(chosen.map((name) => all[name]?.()).join("\n\n"));
  else fail(`Known parts: ${Object.keys(all).join(", ")}`);
}

function check(path: string | undefined): void {
  if (path === undefined) {
    fail("--check needs a file: the JSON of https://models.dev/api.json");
    return;
  }
  try {
    say(catalogueDifference(JSON.parse(readFileSync(path, "utf8")) as object));
  } catch (error) {
    fail(`${path}: ${(error as Error).message}`);
  }
}
