import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/random.js";
import { lru } from "../../../src/memory/policies/lru.js";
import { replay, replayOptimal } from "../../evidence/cache-report/replay.js";
import { arc, fifo, gdsf, lfu, sieve } from "../../evidence/cache-report/rivals.js";
import { parseBlocks, parseKeys, type Trace } from "../../evidence/cache-report/trace.js";

const folder = mkdtempSync(join(tmpdir(), "cache-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const traceOf = (keys: readonly number[]): Trace => parseKeys({ name: "t", text: `key\n${keys.join("\n")}\n` });

describe("replay", () => {
  const keys = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 120 });

  it("agrees with least-recently-used written down plainly", () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 8 }), (accesses, capacity) => {
        let order: number[] = [];
        let hits = 0;
        for (const key of accesses) {
          if (order.includes(key)) hits++;
          order = [...order.filter((each) => each !== key), key].slice(-capacity);
        }
        expect(replay(traceOf(accesses), lru(), capacity).hits).toBeCloseTo(hits / accesses.length, 12);
      }),
    );
  });

  it("knows an optimum that nothing beats", () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 8 }), (accesses, capacity) => {
        const trace = traceOf(accesses);
        const best = replayOptimal(trace, capacity).hits;
        for (const policy of [lru(), fifo, sieve, lfu, arc, gdsf]) {
          expect(replay(trace, policy, capacity).hits).toBeLessThanOrEqual(best + 1e-12);
        }
        expect(best).toBeLessThanOrEqual(1 - trace.unique / accesses.length + 1e-12);
      }),
    );
  });

  it("counts a prefix block as a hit only where no miss precedes it in its request", () => {
    const text = [
      [1, 2, 3],
      [1, 9, 3],
      [1, 2, 3],
    ]
      .map((ids) => JSON.stringify({ hash_ids: ids }))
      .join("\n");
    // second request: 1 hits, 9 misses, 3 is there but comes after the miss; third: all hit
    expect(replay(parseBlocks({ name: "b", text }), lru(), 10).hits).toBeCloseTo(4 / 9, 12);
  });
});

it("reports on files of each kind, says what it does not know, and draws a page", { timeout: 60_000 }, async () => {
  const random = seededRandom(3);
  const keys = Array.from({ length: 3_000 }, () => Math.floor(400 * random() ** 2));
  const files: [string, string | Buffer][] = [
    ["keys.csv.gz", gzipSync(`key\n${keys.join("\n")}\n`)],
    ["sizes.csv", `key,size\n${keys.map((key) => `${key},${100 + key}`).join("\n")}\n`],
    [
      "blocks.jsonl",
      keys
        .slice(0, 200)
        .map((key) => JSON.stringify({ input_length: 9, hash_ids: [1, 2, key] }))
        .join("\n"),
    ],
    ["pairs.tsv", "how do I pay\thow do I pay?\t1\nhow do I pay\thow do I not pay\t0\n"],
    ["mock.json", '[\n {"origin":"How do I reset my password?","similar":"how do I reset my password"}]'],
    ["other.txt", "nothing of the kind"],
  ];
  const paths = files.map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  });
  const page = join(folder, "report.html");
  const program = ["--import", "tsx", "test/evidence/cache-report.ts", `--html=${page}`, "--capacity=5,10", ...paths];
  const run = promisify(execFile)(process.execPath, program);
  const { stdout, code } = await run.then(
    (done) => ({ ...done, code: 0 }),
    (failed: { stdout: string; code: number }) => failed,
  );
  expect(code).toBe(1); // one file was not known
  for (const words of [
    "keys: 3000 accesses",
    "sizes: 3000 accesses with sizes",
    "blocks: 600 prefix blocks",
    /requests that repeat an earlier one whole: \d/,
    /built-in comparison +1 +100\.0 % +100\.0 %/,
    "right 1, wrong 0, nothing found 0",
    "other.txt: not a file this report knows",
    /losses: /,
    /Over 2 traces at 10 %: mean/,
  ]) {
    expect(stdout).toMatch(words);
  }
  const html = readFileSync(page, "utf8");
  expect(html).toContain("<svg");
  expect(html).not.toMatch(/https?:\/\/|<script/);
});
