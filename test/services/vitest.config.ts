import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

// A missing service fails these tests, never skips them.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["test/services/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
