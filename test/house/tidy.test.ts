import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { arrowsOf, filesBelow, parse, ROOT, read } from "./sources.js";

const MAX_LINES = 350;
/** Tables of cases are long by nature. */
const MAX_TEST_LINES = 500;

const sources = filesBelow("src").filter((path) => path.endsWith(".ts"));
const everything = filesBelow(".").filter((path) => !/\.(gz|png|tgz)$/.test(path) && path !== "package-lock.json");

/** Words in two halves, so that this file does not hold them itself. */
const NOWHERE = [
  ["/wo", "rk/"],
  ["../sha", "red"],
  [".libr", "ary/"],
  ["registry.npm", "js.org"],
  ["sub", "agent"],
].map((halves) => halves.join(""));

const holding = (paths: readonly string[], pattern: RegExp): string[] => {
  const found: string[] = [];
  for (const path of paths) {
    const lines = read(path).split("\n");
    lines.forEach((line, index) => {
      if (pattern.test(line)) found.push(`${path}:${index + 1}: ${line.trim()}`);
    });
  }
  return found;
};

describe("tidiness", () => {
  it(`no file is longer than ${MAX_LINES} lines, no test than ${MAX_TEST_LINES}`, () => {
    const code = everything.filter((path) => /^(src|test|examples)\/.*\.ts$/.test(path));
    const long = code
      .map((path) => ({ path, lines: read(path).trimEnd().split("\n").length }))
      .filter(({ path, lines }) => lines > (path.startsWith("test/") ? MAX_TEST_LINES : MAX_LINES));
    expect(long).toEqual([]);
  });

  it("every folder of src says what lives in it", () => {
    const folders = new Set(sources.map((path) => dirname(path)));
    expect([...folders].filter((folder) => !existsSync(join(ROOT, folder, "README.md")))).toEqual([]);
  });

  it("the library never writes to a console or stream", () => {
    const loud: string[] = [];
    for (const path of sources) {
      const visit = (node: ts.Node): void => {
        if (
          ts.isPropertyAccessExpression(node) &&
          /^(console|process\.(stdout|stderr))$/.test(node.expression.getText())
        ) {
          loud.push(`${path}: ${node.getText()}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(parse(path));
    }
    expect(loud).toEqual([]);
  });

  it("no loose ends in src", () => {
    expect(holding(sources, /@ts-(ignore|expect-error|nocheck)|biome-ignore|\bTODO\b|\bFIXME\b|\bas any\b/)).toEqual(
      [],
    );
  });

  it("no object literal made at run time has an accessor: V8 gives each a hidden class of its own, kept until a full collection", () => {
    const made = sources.filter((path) => !path.startsWith("src/testing/"));
    expect(holding(made, /^ {4,}[gs]et \w+\(/)).toEqual([]);
  });

  it("no test is skipped", () => {
    const tests = everything.filter((path) => /^test\/.*\.ts$/.test(path) && path !== "test/house/tidy.test.ts");
    expect(holding(tests, /\b(it|test|describe)\.(skip|only|todo|fails|skipIf|runIf)\b|\bx(it|describe)\(/)).toEqual(
      [],
    );
  });

  it("no file names the machine it was written on", () => {
    const pattern = new RegExp(NOWHERE.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"));
    expect(holding(everything, pattern)).toEqual([]);
  });

  it("the core's types come from the core; a door's from declared packages", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string> | undefined>;
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
    const bundled = new Set(["eventemitter3", "p-retry", "quick-lru", "zod", "uplot", "@noble/hashes"]);
    const strangers = sources
      .flatMap((path) => arrowsOf(path))
      .filter(({ to, specifier }) => {
        if (to !== null || specifier.startsWith("node:")) return false;
        const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
        return !declared.has(name) && !bundled.has(name);
      });
    expect(strangers.map(({ from, specifier }) => `${from} -> ${specifier}`)).toEqual([]);
  });
});
