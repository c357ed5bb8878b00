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
  {
    what: "router with the three vendors",
    code: 'export { createRouter, minimax, glm, kimi } from "signalbox"',
    targetKb: 25,
    maxKb: 140,
  },
  { what: "router, openaiCompatible alone", code: 'export { createRouter, openaiCompatible } from "signalbox"' },
  { what: "everything at the front door", code: 'export * from "signalbox"' },
  { what: "createCache alone", code: 'export { createCache } from "signalbox"' },
  ...["openai", "anthropic", "ai-sdk", "keyv", "redis", "otel", "prometheus", "report"].map((door) => ({
    what: `signalbox/${door}`,
    code: `export * from "signalbox/${door}"`,
  })),
];

const shared: BuildOptions = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  tsconfig: `${ROOT}/tsconfig.json`,
  logLevel: "silent",
};

/** Bytes of an import, minified and zipped, in thousands. */
export async function kbOf(code: string): Promise<number> {
  const { outputFiles } = await build({
    ...shared,
    stdin: { contents: code, resolveDir: ROOT },
    minify: true,
    write: false,
    external: ["@opentelemetry/api", "prom-client", "redis", "ioredis", "openai", "ai"],
  });
  return gzipSync(outputFiles?.[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1_000;
}

/** The front door as the package has it: one file, with all it needs inside. */
export async function buildFrontDoor(outfile: string): Promise<void> {
  await build({ ...shared, entryPoints: [`${ROOT}/src/index.ts`], outfile, minify: true });
}
