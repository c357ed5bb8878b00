import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";

const ROOT = process.cwd();

/** What an app would import. */
export interface Imported {
  readonly what: string;
  readonly code: string;
  /** What it should be, thousands of bytes minified and zipped, dependencies included. */
  readonly targetKb?: number;
  /** What it may be: `npm run size` fails above, so that a rise is a decision and not an accident. */
  readonly maxKb?: number;
}

export const IMPORTS: readonly Imported[] = [
  { what: "SignalboxError", code: 'export { SignalboxError } from "signalbox"', targetKb: 2, maxKb: 2 },
  { what: "defineStrategy", code: 'export { defineStrategy } from "signalbox"', targetKb: 2, maxKb: 2 },
  { what: "createCache", code: 'export { createCache } from "signalbox"', targetKb: 11, maxKb: 11 },
  { what: "openaiCompatible", code: 'export { openaiCompatible } from "signalbox"', targetKb: 29, maxKb: 48 },
  {
    what: "createRouter, openaiCompatible",
    code: 'export { createRouter, openaiCompatible } from "signalbox"',
    targetKb: 118,
    maxKb: 178,
  },
  {
    what: "createRouter with the three vendors",
    code: 'export { createRouter, minimax, glm, kimi } from "signalbox"',
    maxKb: 182,
  },
  { what: "everything at the front door", code: 'export * from "signalbox"' },
  ...["vendors", "openai", "anthropic", "ai-sdk", "keyv", "redis", "otel", "prometheus", "report"].map((door) => ({
    what: `signalbox/${door}`,
    code: `export * from "signalbox/${door}"`,
  })),
];

/** A folder in which the packed tarball is installed, and nothing else. Builds first where that was not done. */
export function installTarball(folder: string): void {
  if (!existsSync(`${ROOT}/dist/index.d.cts`)) run("npm", ["run", "build"]);
  const home = `${folder}/node_modules/signalbox`;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const [tarball] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]));
  run("tar", ["-xzf", `${folder}/${tarball.filename}`, "--strip-components=1", "-C", home]);
}

const shared: BuildOptions = {
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "silent",
  external: ["@opentelemetry/api", "prom-client", "redis", "ioredis", "openai", "ai"],
};

/** Bytes of an import from the package installed in `folder`, minified and zipped, in thousands. */
export async function kbOf(code: string, folder: string): Promise<number> {
  const { outputFiles } = await build({ ...shared, stdin: { contents: code, resolveDir: folder } });
  return gzipSync(outputFiles?.[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1_000;
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}
