/** Writes the pages of the site that are made of data: one per vendor, and the recipes and measurements of the README. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { GLM_PROFILE } from "../../src/vendors/glm.js";
import { KIMI_PROFILE } from "../../src/vendors/kimi.js";
import { MINIMAX_PROFILE } from "../../src/vendors/minimax.js";
import * as vendors from "../../src/vendors.js";
import { matrix } from "./catalogue/matrix.js";
import { page } from "./catalogue/page.js";
import { NOTES } from "./catalogue/tips.js";
import { sampleLog } from "./sample-log.js";

const DOCS = new URL("../../docs/", import.meta.url);
const write = (path: string, text: string): void => writeFileSync(new URL(path, DOCS), `${text.trim()}\n`);

const profiles = [MINIMAX_PROFILE, GLM_PROFILE, KIMI_PROFILE];
const { openai, anthropic, gemini, deepseek, openrouter, groq, mistral, xai, qwen } = vendors;
const { together, fireworks, cerebras, perplexity } = vendors;
const rows = Object.entries({
  openai,
  anthropic,
  gemini,
  deepseek,
  openrouter,
  groq,
  mistral,
  xai,
  qwen,
  together,
  fireworks,
  cerebras,
  perplexity,
});

rmSync(new URL("vendors/", DOCS), { recursive: true, force: true });
mkdirSync(new URL("vendors/", DOCS), { recursive: true });

const links: string[] = [];
for (const profile of profiles) {
  const notes = NOTES[profile.id] ?? { name: profile.id, quirks: [], tips: [] };
  write(`vendors/${profile.id}.md`, page(profile, notes).replace("## ", "# ").replaceAll("### ", "## "));
  links.push(`- [${notes.name}](./${profile.id})`);
}
for (const [name, make] of rows) {
  const provider = make({
    apiKey: "unused-0001",
    ...(name === "openrouter" ? { models: ["any/model"] } : {}),
  });
  const listed = name === "openrouter" ? [] : provider.models;
  const table = matrix(listed, new Set(provider.autoModels));
  const models = listed.length > 0 ? table : "It has no catalogue here: name the models that you use.";
  const { asOf, source } = listed[0] ?? {};
  const read = asOf ? `Read on ${asOf} from ${source}. Every fact can be overridden (\`models\`).` : "";
  const use = `\`\`\`js\nimport { createRouter } from "signalbox";\nimport { ${name} } from "signalbox/vendors";\n\nconst router = createRouter({ providers: [${name}()] });\n\`\`\``;
  write(`vendors/${name}.md`, `# ${name}\n\n${use}\n\n${read}\n\n${models}`);
  links.push(`- [${name}](./${name})`);
}
write(
  "vendors/index.md",
  `# Vendors\n\nModels, prices and limits are dated data. The adapters are tested against recorded answers on a loopback server; no vendor's live service was called.\n\n${links.join("\n")}\n\nServers of your own: \`ollama\`, \`vllm\`, \`lmstudio\` and \`azure\` take the names of your models.`,
);

const readme = readFileSync(new URL("../README.md", DOCS), "utf8");
const measured = /## Measurements\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
const recipes = /## Recipes\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
write("recipes.md", `# Recipes\n${recipes.replaceAll("\n### ", "\n## ")}`);
write("measurements.md", `# Measurements\n${measured}`);

mkdirSync(new URL("public/", DOCS), { recursive: true });
write("public/sample-decisions.jsonl", (await sampleLog()).map((line) => JSON.stringify(line)).join("\n"));
