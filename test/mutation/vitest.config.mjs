import { defineConfig } from "vitest/config";

/** The unit tests of the rooms whose files are mutated, and nothing else. */
export default defineConfig({
  test: {
    include: ["resilience", "errors", "wire"].map((room) => `test/unit/${room}/**/*.test.ts`),
    testTimeout: 20_000,
  },
});
