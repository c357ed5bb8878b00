import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { readTrace } from "../evidence/cost-report/trace.js";
import { readRows } from "../evidence/json-lines.js";
import { orUsage } from "../evidence/or-usage.js";
import { ROOT } from "../house/sources.js";

const folder = mkdtempSync(join(tmpdir(), "evidence-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const broken = gzipSync("x".repeat(9_000)).subarray(0, 20);

describe("the input of a command that prints figures", () => {
  it.each([
    [
      "cost-report",
      file("broken.jsonl.gz", broken),
      /broken\.jsonl\.gz cannot be read: unexpected end of file\nusage: /,
    ],
    [
      "routing-report",
      file("other.jsonl", '{"messages":[]}'),
      /other\.jsonl holds no outcomes of these kinds\nusage: /,
    ],
    ["cache-report", join(folder, "nowhere.csv"), /nowhere\.csv cannot be read: ENOENT/],
    ["load-report", "--first=x", /^usage: /],
    ["kinds", "--misspelt", /Unknown option '--misspelt'.*\nusage: /],
    ["faults", "twelve", /^usage: /],
  ])("%s tells in a line what is wrong with %s", { timeout: 60_000 }, (command, word, message) => {
    const program = join(ROOT, `test/evidence/${command}.ts`);
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", program, word], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(stdout + stderr).toMatch(message);
    expect(stdout + stderr).not.toMatch(/^ +at /m);
    expect(status).toBeGreaterThan(0);
  });

  it("names the line that is no JSON object, in a zipped file too", () => {
    expect(() => readRows(file("rows.jsonl", '{"a":1}\n\n[1]\nnull'))).toThrow(
      /rows\.jsonl, line 4: not a JSON object/,
    );
    expect(() => readRows(file("rows.gz", gzipSync('{"a":1}\n{"a":')))).toThrow(/rows\.gz, line 2: /);
    expect(readRows(file("bom.jsonl", '\uFEFF{"a":1}\r\n'))).toEqual([{ a: 1 }]);
  });

  it("refuses a trace with one row of another kind", () => {
    const rows = ['{"timestamp":1,"input_length":2,"output_length":3,"hash_ids":[1]}', '{"question":"?"}'];
    expect(() => readTrace(file("mixed.jsonl", rows.join("\n")))).toThrow(/is not such a trace/);
  });

  it("passes on what could be read", () => {
    expect(orUsage("usage", () => 7)).toBe(7);
  });
});
