import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const survive = fileURLToPath(new URL("../../nodes/survive.ts", import.meta.url));

it("no answer of any server ends the process, whatever its head", async () => {
  // In a process of its own: an exception that nobody catches would end the test run rather than fail this test.
  const run = promisify(execFile)(process.execPath, ["--import", "tsx", survive, "--runs=100"]);
  expect((await run).stdout.trimEnd().split("\n").at(-1)).toBe("alive");
}, 120_000);
