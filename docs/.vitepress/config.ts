import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

/** Pages of a folder for the sidebar, by file name. */
const pagesOf = (folder: string): { text: string; link: string }[] => {
  const names = readdirSync(new URL(`../${folder}`, import.meta.url)).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => ({ text: name.replace(".md", ""), link: `/${folder}/${name.replace(".md", "")}` }));
};

export default defineConfig({
  title: "signalbox",
  description:
    "Routes LLM calls inside your Node app: failover in milliseconds, an honest cache, decisions on evidence.",
  base: "/signalbox/",
  cleanUrls: true,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/signalbox/icon.svg" }]],
  srcExclude: ["README.md", "node_modules/**"],
  vite: {
    // The playground runs the library's own source.
    resolve: { alias: { signalbox: fileURLToPath(new URL("../../src/index.ts", import.meta.url)) } },
    worker: { format: "es" },
  },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Guide", link: "/guide/first-answer" },
      { text: "Playground", link: "/playground" },
      { text: "API", link: "/api/" },
      { text: "Vendors", link: "/vendors/" },
      { text: "Measurements", link: "/measurements" },
    ],
    sidebar: {
      "/": [
        {
          text: "Start",
          items: [
            { text: "A first answer", link: "/guide/first-answer" },
            { text: "Recipes", link: "/recipes" },
            { text: "Models and vendors", link: "/guide/models" },
            { text: "When things fail", link: "/guide/failures" },
          ],
        },
        {
          text: "Tasks",
          items: [
            { text: "Choose who answers", link: "/guide/strategies" },
            { text: "Budgets and limits", link: "/guide/money" },
            { text: "Cache and conversations", link: "/guide/cache" },
            { text: "Agents", link: "/guide/agents" },
            { text: "Serve other clients", link: "/guide/servers" },
            { text: "Extend it", link: "/guide/extend" },
            { text: "Watch it", link: "/guide/observe" },
            { text: "Test with it", link: "/guide/testing" },
            { text: "Playground", link: "/playground" },
          ],
        },
        { text: "Move from", items: pagesOf("migration") },
        {
          text: "Facts",
          items: [
            { text: "Vendors", link: "/vendors/" },
            { text: "Measurements", link: "/measurements" },
            { text: "Peers", link: "/peers" },
          ],
        },
      ],
    },
    socialLinks: [{ icon: "github", link: "https://github.com/signalbox-js/signalbox" }],
  },
});
