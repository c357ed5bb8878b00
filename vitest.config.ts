import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^signalbox$/, replacement: here("./src/index.ts") },
      { find: /^signalbox\/lean$/, replacement: here("./src/lean.ts") },
      { find: /^signalbox\/vendors$/, replacement: here("./src/vendors.ts") },
      { find: /^signalbox\/testing$/, replacement: here("./src/testing/index.ts") },
      { find: /^signalbox\/(.+)$/, replacement: here("./src/integrations/$1/index.ts") },
    ],
  },
  test: {
    include: ["unit", "integration", "conformance", "house", "types", "examples", "faults"].map(
      (suite) => `test/${suite}/**/*.test.ts`,
    ),
    testTimeout: 20_000,
    allowOnly: false,
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
