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
  // Each part in a process of its own: the compiler would take one part's habits for the next one's.
  const { stdout } = spawnSync(process.execPath, [`${folder}/table.mjs`, "--parts"], { encoding: "utf8", cwd: root });
  const wanted = process.argv.slice(2);
  const parts = stdout.trim().split("\n");
  const asked = (part: string): boolean => wanted.some((name) => part === name || part.startsWith(`${name}:`));
  const unknown = wanted.filter((name) => !parts.some((part) => part === name || part.startsWith(`${name}:`)));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}; there are ${parts.join(", ")}`);
  for (const part of wanted.length === 0 ? parts : parts.filter(asked)) {
    const run = ["--expose-gc", `${folder}/table.mjs`, part];
    process.exitCode = spawnSync(process.execPath, run, { stdio: "inherit", cwd: root }).status ?? 1;
    if (process.exitCode !== 0) break;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
