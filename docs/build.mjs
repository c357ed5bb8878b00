// Builds the site: API pages from the types, the pages themselves, and their text for readers that are programs.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const docs = dirname(fileURLToPath(import.meta.url));
const site = join(docs, ".vitepress/dist");
const run = (tool, ...args) =>
  execFileSync(process.execPath, [join(docs, "node_modules", tool), ...args], { cwd: docs, stdio: "inherit" });

rmSync(join(docs, "api"), { recursive: true, force: true });
run("typedoc/bin/typedoc", "--options", "typedoc.json");
run("vitepress/bin/vitepress.js", "build");

/** Every page, guides first. */
const pagesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || entry.name === "node_modules" || entry.name === "README.md") return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? pagesBelow(path) : entry.name.endsWith(".md") ? [relative(docs, path)] : [];
  });
const pages = pagesBelow(docs).sort();
const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1] ?? "signalbox";

for (const page of pages) {
  mkdirSync(dirname(join(site, page)), { recursive: true });
  copyFileSync(join(docs, page), join(site, page));
}
const read = (page) => readFileSync(join(docs, page), "utf8");
const guides = pages.filter((page) => !page.startsWith("api/"));
const lines = guides.map((page) => `- [${titleOf(read(page))}](https://signalbox-js.github.io/signalbox/${page})`);
const about = "> Routes LLM calls inside your Node app: failover, cache, budgets, decisions on evidence. No server.";
writeFileSync(join(site, "llms.txt"), `# signalbox\n\n${about}\n\n## Guides\n\n${lines.join("\n")}\n`);
writeFileSync(join(site, "llms-full.txt"), guides.map((page) => read(page)).join("\n\n---\n\n"));
console.log(`${pages.length} pages in ${relative(process.cwd(), site)}`);
