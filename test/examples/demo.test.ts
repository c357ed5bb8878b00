import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLine, readRequests } from "../../examples/demo/requests-file.js";
import { ROOT } from "../house/sources.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `npm start -- ...` without npm: ends by itself, or the test's time limit ends it. */
function start(...words: string[]): Promise<{ code: number | null; printed: string }> {
  const { MINIMAX_API_KEY, ZAI_API_KEY, MOONSHOT_API_KEY, ...env } = process.env;
  const report = `--report=${join(folder, "report.html")}`;
  const child = spawn(process.execPath, ["--import", "tsx", "examples/demo/main.ts", report, ...words], {
    cwd: ROOT,
    env,
  });
  let printed = "";
  child.stdout.on("data", (piece) => {
    printed += piece;
  });
  child.stderr.on("data", (piece) => {
    printed += piece;
  });
  return new Promise((resolve) => child.on("exit", (code) => resolve({ code, printed })));
}

describe("npm start", { timeout: 60_000 }, () => {
  it("routes a built-in load through an outage and tells the story", async () => {
    const { code, printed } = await start("--requests=60");
    expect(printed).toContain("Three simulated vendors on loopback");
    expect(printed).toMatch(/requests 60\/60/);
    expect(printed).toMatch(/60 answers \(\d+ streamed\), 0 failed/);
    for (const vendor of ["minimax", "glm", "kimi"])
      expect(printed).toMatch(new RegExp(`the same tokens at ${vendor}/`));
    expect(printed).toMatch(/fallbacks +[1-9]/);
    expect(printed).toMatch(/glm\/glm-5.3-flash {2}closed -> open/);
    expect(printed).toMatch(/the same tokens at glm\/.*had it not been down/);
    expect(await readFile(join(folder, "report.html"), "utf8")).toContain("<html");
    expect(code).toBe(0);
  });

  it("answers one question", async () => {
    const { code, printed } = await start("Why is the sky blue?");
    expect(printed).toContain("[simulated ");
    expect(printed).toMatch(/1 answer \(1 streamed\), 0 failed/);
    expect(code).toBe(0);
  });

  it("takes a file, plain or zipped, reports bad lines by number, and keeps the answers", async () => {
    const lines = [
      '{"messages":[{"role":"user","content":"one"}]}',
      "not json",
      '{"turns":["two","and three?"]}',
      "",
      '{"messages":[{"role":"nobody","content":"four"}]}',
      '{"question":"five"}',
    ];
    const file = join(folder, "requests.jsonl.gz");
    const out = join(folder, "answers.jsonl");
    await writeFile(file, gzipSync(lines.join("\n")));
    const { code, printed } = await start(file, `--out=${out}`);
    expect(printed).toContain("line 2: not JSON");
    expect(printed).toContain("line 6: holds neither messages nor turns");
    expect(printed).toMatch(/line 5: invalid_request: .*messages\[0\]\.role/);
    expect(printed).toMatch(/4 requests: 3 answers \(2 streamed\), 1 failed/);
    const answers = (await readFile(out, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map(({ line }) => line).sort()).toEqual([1, 3, 3]);
    expect(code).toBe(0);
  });

  it("shows the first of many bad lines, and tells of turns that were not asked", async () => {
    const file = join(folder, "bad.jsonl");
    await writeFile(file, `${"x\n".repeat(60)}{"turns":["a","b"],"model":"nope"}\n{"turns":["a"]}`);
    const { code, printed } = await start(file);
    expect(printed).toMatch(/line 50: not JSON\n\.\.\. and 10 more\n/);
    expect(printed).toMatch(/2 requests: 1 answer .*1 failed/);
    expect(printed).toMatch(/line 61: invalid_request: .*"nope" \(later turns of this line, not asked: 1\)/);
    expect(code).toBe(0);
  });

  it("says what is wrong instead of a stack", async () => {
    const { code, printed } = await start("nowhere.jsonl");
    expect(printed).toMatch(/ENOENT.*nowhere\.jsonl/);
    expect(printed).not.toContain("    at ");
    expect(code).toBe(1);
    const unknown = await start("a question", "--strategy=nope");
    expect(unknown.printed).toMatch(/strategy names no strategy/);
    expect(unknown.code).toBe(1);
    const nowhere = await start("a question", "--out=/no/such/folder/answers.jsonl");
    expect(nowhere.printed).toMatch(/^ENOENT.*answers\.jsonl/);
    expect(nowhere.printed).not.toContain("answer (");
    expect(nowhere.code).toBe(1);
    const misspelt = await start("a question", "--strategi=adaptive");
    expect(misspelt.printed).toMatch(/--strategi.*\n\nnpm start/s);
    expect(misspelt.printed).not.toContain("    at ");
    expect(misspelt.code).toBe(1);
  });
});

describe("a requests file", () => {
  it("reads zipped and plain alike, with any line ends and a byte order mark", async () => {
    const text = '\uFEFF{"messages":[{"role":"user","content":"一"}]}\r\n\r\n{"turns":["二"]}';
    for (const [name, bytes] of [
      ["a.jsonl", Buffer.from(text)],
      ["a.jsonl.gz", gzipSync(text)],
    ] as const) {
      await writeFile(join(folder, name), bytes);
      const { jobs, bad } = await readRequests(join(folder, name));
      expect(bad).toEqual([]);
      expect(jobs.map(({ line, turns }) => [line, turns[0]?.[0]?.content])).toEqual([
        [1, "一"],
        [3, "二"],
      ]);
    }
  });

  it("rejects a broken archive", async () => {
    await writeFile(join(folder, "broken.jsonl.gz"), gzipSync("x".repeat(10_000)).subarray(0, 20));
    await expect(readRequests(join(folder, "broken.jsonl.gz"))).rejects.toThrow(/broken\.jsonl\.gz cannot be read: /);
  });

  it("keeps what a line with turns says of model and settings, and leaves a data set's own fields", () => {
    const before = [{ role: "system", content: "Be brief." }];
    const text = JSON.stringify({ turns: ["a", "b"], messages: before, model: "glm/glm-5.3", seed: 1, category: "x" });
    expect(readLine(text, 1)).toEqual({
      line: 1,
      request: { model: "glm/glm-5.3", seed: 1 },
      turns: [[...before, { role: "user", content: "a" }], [{ role: "user", content: "b" }]],
      streamed: true,
    });
  });

  it("reads a line of many megabytes", async () => {
    const file = join(folder, "long.jsonl");
    await writeFile(file, `{"turns":["${"x".repeat(2e7)}"]}\n{"turns":["y"]}`);
    expect((await readRequests(file)).jobs.map(({ line }) => line)).toEqual([1, 2]);
  });

  it.each([
    ["[]", "not a JSON object"],
    ["null", "not a JSON object"],
    ["{", "not JSON"],
    ['{"turns":[]}', "turns must be non-empty texts"],
    ['{"turns":[1]}', "turns must be non-empty texts"],
  ])("%s: %s", (text, problem) => {
    expect(readLine(text, 3)).toEqual({ line: 3, problem });
  });
});
