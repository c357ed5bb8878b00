import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

/** One entry per subpath of package.json's `exports`; a test keeps the two in step. */
export const entry = {
  index: "src/index.ts",
  vendors: "src/vendors.ts",
  openai: "src/integrations/openai/index.ts",
  anthropic: "src/integrations/anthropic/index.ts",
  "ai-sdk": "src/integrations/ai-sdk/index.ts",
  keyv: "src/integrations/keyv/index.ts",
  redis: "src/integrations/redis/index.ts",
  otel: "src/integrations/otel/index.ts",
  prometheus: "src/integrations/prometheus/index.ts",
  report: "src/integrations/report/index.ts",
  testing: "src/testing/index.ts",
};

const { index, ...doors } = entry;

// The builds below run side by side, so none of them may clean the folder.
rmSync("dist", { recursive: true, force: true });

const bundled = new Set<string>();

/** Whatever is bundled brings its licence along. */
const notices: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "third-party-notices",
  setup(build) {
    build.onEnd((result) => {
      for (const output of Object.values(result.metafile?.outputs ?? {})) {
        for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
          const home = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
          if (home !== undefined && bytesInOutput > 0) bundled.add(home);
          // The plotting library is inlined as text, so that pages need no network.
          if (input.endsWith("uplot-source.ts")) bundled.add("node_modules/uplot");
        }
      }
      mkdirSync("dist", { recursive: true });
      writeFileSync("dist/THIRD-PARTY-NOTICES.txt", [...bundled].sort().map(noticeOf).join("\n"));
    });
  },
};

function noticeOf(home: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${home}/package.json`, "utf8"));
  const file = ["LICENSE", "license", "LICENSE.md", "LICENSE.txt"]
    .map((f) => `${home}/${f}`)
    .find((f) => existsSync(f));
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file.`);
  return `${name} ${version} (${license})\n\n${readFileSync(file, "utf8").trim()}\n\n${"-".repeat(80)}\n`;
}

const shared: Options = {
  entry,
  outDir: "dist",
  platform: "node",
  target: "node20",
  // A third off the time of a cold import; the maps give stack traces their files, lines and names back.
  minify: true,
  sourcemap: true,
  esbuildOptions(options) {
    options.sourcesContent = false;
    // Node prints the line of an uncaught error: one line of 300 kB would bury the message.
    options.lineLimit = 200;
  },
  removeNodeProtocol: false,
  // Bundled: an import reads one file instead of looking for five packages, `require` works although two of them are
  // ESM-only, and an install brings nothing else.
  noExternal: [/^zod/, "eventemitter3", "p-retry", "quick-lru", "is-network-error"],
  silent: true,
  esbuildPlugins: [notices],
};

export default defineConfig([
  // The front door is one file: eleven small ones took a quarter longer to import. The other doors share theirs.
  { ...shared, entry: { index }, format: "esm", splitting: false },
  { ...shared, entry: doors, format: "esm", splitting: true },
  // Each door is whole in itself: splitting would send every `?.` and `??` through a helper. Errors know each other by brand.
  { ...shared, format: "cjs", splitting: false },
  // `Symbol.asyncDispose` is part of the types, and neither ES2023 nor every app's libraries know it.
  {
    entry,
    outDir: "dist",
    format: ["esm", "cjs"],
    dts: { only: true, banner: '/// <reference lib="esnext.disposable" />' },
    silent: true,
  },
]);
