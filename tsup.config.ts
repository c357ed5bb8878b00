import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { type OutputOptions, type RolldownOutput, rolldown } from "rolldown";
import { defineConfig } from "tsup";

/** One entry per subpath of package.json's `exports`; a test keeps the two in step. */
export const entry = {
  index: "src/index.ts",
  lean: "src/lean.ts",
  vendors: "src/vendors.ts",
  openai: "src/integrations/openai/index.ts",
  anthropic: "src/integrations/anthropic/index.ts",
  "ai-sdk": "src/integrations/ai-sdk/index.ts",
  keyv: "src/integrations/keyv/index.ts",
  redis: "src/integrations/redis/index.ts",
  otel: "src/integrations/otel/index.ts",
  prometheus: "src/integrations/prometheus/index.ts",
  undici: "src/integrations/undici/index.ts",
  report: "src/integrations/report/index.ts",
  testing: "src/testing/index.ts",
};

/**
 * Entries that are used whole or not at all, and on servers: bundlers get them in one piece, as Node does. A module per
 * source file would add a tenth to the package and save nothing.
 */
export const whole = ["undici", "redis", "otel", "prometheus", "report", "testing"];

/** Entries that load a peer. Node 20 reports a missing one a second time, uncaught, if a CommonJS file is between. */
const PEER_LOADERS = ["undici", "otel", "prometheus"] as const;

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { peerDependencies: Record<string, string> };
const PEERS = new RegExp(`^(?:node:|(?:${Object.keys(manifest.peerDependencies).join("|")})(?:/|$))`);

/** Builds the entries with all they need inside, peers left out. */
async function bundle(input: Record<string, string>, output: OutputOptions): Promise<RolldownOutput["output"]> {
  const build = await rolldown({
    input,
    external: PEERS,
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    treeshake: { moduleSideEffects: false },
  });
  // No maps: without the sources they show nothing, and with them they would be most of the package.
  const { output: files } = await build.write({ minify: true, comments: false, ...output });
  await build.close();
  return files;
}

/**
 * For Node: each entry is one CommonJS file, with what several entries share in files beside it. `import` gets the same
 * files through a list of names, so that both ways of loading share their classes. The list names them itself: Node
 * would otherwise search the whole file for its exports, which takes longer than running it.
 */
async function buildForNode(): Promise<RolldownOutput["output"]> {
  const files = await bundle(entry, {
    dir: "dist/node",
    format: "cjs",
    exports: "named",
    esModule: false,
    entryFileNames: "[name].cjs",
    chunkFileNames: "shared-[hash].cjs",
  });
  for (const file of files) {
    if (file.type !== "chunk" || !file.isEntry) continue;
    // In two statements: `module.exports = require(...)` would send that search on into the file.
    writeFileSync(
      `dist/${file.name}.cjs`,
      `const whole = require("./node/${file.name}.cjs");\nmodule.exports = whole;\n`,
    );
    writeFileSync(
      `dist/${file.name}.js`,
      `import whole from "./${file.name}.cjs";\nexport const { ${[...file.exports].sort().join(", ")} } = whole;\n`,
    );
    writeFileSync(`dist/${file.name}.d.ts`, `export * from "./${file.name}.cjs";\n`);
  }
  return files;
}

/** What `import` gets of entries that load a peer: a file of its own, so that a missing peer is an error like any other. */
async function buildPeerLoaders(): Promise<void> {
  for (const name of PEER_LOADERS) {
    await bundle({ [name]: entry[name] }, { dir: "dist", format: "esm", entryFileNames: "[name].js" });
  }
}

/** For bundlers: one module per source file, so that what an app does not import is not shipped. */
async function buildForBundlers(): Promise<RolldownOutput["output"]> {
  const input = Object.fromEntries(Object.entries(entry).filter(([name]) => !whole.includes(name)));
  return bundle(input, {
    dir: "dist/module",
    format: "esm",
    preserveModules: true,
    preserveModulesRoot: "src",
    entryFileNames: ({ name, facadeModuleId }) => modulePath(name, facadeModuleId ?? ""),
  });
}

/** The path of a module below `dist/module`. npm packs no folder that is named `node_modules`. */
function modulePath(name: string, id: string): string {
  const [, thirdParty] = /node_modules\/(.*)\.[cm]?js$/.exec(id) ?? [];
  if (thirdParty !== undefined) return `third-party/${thirdParty}.js`;
  const own = relative(join(process.cwd(), "src"), id).replaceAll("\\", "/");
  return own.startsWith("..") || own === "" ? `${posix.basename(name)}.js` : own.replace(/\.ts$/, ".js");
}

/** Whatever is bundled brings its licence along. */
function writeNotices(files: RolldownOutput["output"]): void {
  const homes = new Set<string>();
  for (const file of files) {
    for (const id of file.type === "chunk" ? file.moduleIds : []) {
      const home = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0];
      if (home !== undefined) homes.add(home);
      // The plotting library is inlined as text, so that pages need no network.
      if (id.endsWith("uplot-source.ts")) homes.add("node_modules/uplot");
    }
  }
  writeFileSync("dist/THIRD-PARTY-NOTICES.txt", [...homes].map(noticeOf).sort().join("\n"));
}

function noticeOf(home: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${home}/package.json`, "utf8"));
  const file = ["LICENSE", "license", "LICENSE.md", "LICENSE.txt"]
    .map((f) => `${home}/${f}`)
    .find((f) => existsSync(f));
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file.`);
  return `${name} ${version} (${license})\n\n${readFileSync(file, "utf8").trim()}\n\n${"-".repeat(80)}\n`;
}

export default defineConfig(async () => {
  rmSync("dist", { recursive: true, force: true });
  writeNotices([...(await buildForNode()), ...(await buildForBundlers())]);
  await buildPeerLoaders();
  // One set of declarations for `import` and `require`, as there is one set of classes.
  return {
    entry,
    outDir: "dist",
    format: "cjs",
    // `Symbol.asyncDispose` is part of the types, and neither ES2023 nor every app's libraries know it.
    dts: { only: true, banner: '/// <reference lib="esnext.disposable" />' },
    silent: true,
  };
});
