import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Bundled first: a loader that rewrites functions as it imports them would be measured along with the library.
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}node_modules/.cache/signalbox-bench`;
mkdirSync(folder, { recursive: true });
try {
  await build({
    entryPoints: [`${root}test/bench/table.ts`],
    outfile: `${folder}/table.mjs`,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    tsconfig: `${root}tsconfig.json`,
    alias: { "zod/mini": `${root}node_modules/zod/mini/index.js` },
    logLevel: "error",
  });
  const run = [`${folder}/table.mjs`, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, ["--expose-gc", ...run], { stdio: "inherit", cwd: root }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
