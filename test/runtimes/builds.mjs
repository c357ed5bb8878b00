import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { build as esbuild } from "esbuild";
import { rolldown } from "rolldown";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/** Bundles for a browser, each as one script; what it writes is read back and returned. */
export const BUNDLERS = {
  async vite(entry, out) {
    const lib = { entry, formats: ["iife"], name: "app", fileName: () => "app.js" };
    await vite({ configFile: false, logLevel: "error", build: { lib, outDir: out, emptyOutDir: false } });
    return readFile(`${out}/app.js`, "utf8");
  },
  webpack(entry, out) {
    const optimization = { minimize: false };
    const config = {
      mode: "production",
      target: "web",
      context: dirname(entry),
      optimization,
      entry,
      output: { path: out, filename: "app.js" },
    };
    return new Promise((resolve, reject) => {
      webpack(config, (error, stats) => {
        if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString()));
        else resolve(readFile(`${out}/app.js`, "utf8"));
      });
    });
  },
  async rollup(entry) {
    // Rollup resolves packages by a plugin; this is the least one, after the conditions of the common plugin.
    const resolveId = (id) => (id === "signalbox" ? moduleEntry() : null);
    const build = await rollup({ input: entry, plugins: [{ name: "resolve", resolveId }] });
    return (await build.generate({ format: "iife" })).output[0].code;
  },
  async rolldown(entry) {
    const build = await rolldown({ input: entry, platform: "browser" });
    return (await build.generate({ format: "iife" })).output[0].code;
  },
  async esbuild(entry) {
    const options = { entryPoints: [entry], bundle: true, write: false, platform: "browser", format: "iife" };
    return (await esbuild(options)).outputFiles[0].text;
  },
};

async function moduleEntry() {
  const home = new URL("node_modules/signalbox/", import.meta.url);
  const { exports } = JSON.parse(await readFile(new URL("package.json", home), "utf8"));
  return new URL(exports["."].module.default, home).pathname;
}

/** A worker as wrangler bundles it: without Node's conditions. */
export async function bundleWorker(entry) {
  const conditions = ["workerd", "worker", "browser"];
  const options = { entryPoints: [entry], bundle: true, write: false, platform: "browser", format: "esm", conditions };
  return (await esbuild(options)).outputFiles[0].text;
}
