import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const folder = new URL("./", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");

it("every quirk of the list has its number, and tests that stand here under these names", () => {
  const rows = [...read("README.md").matchAll(/^\| (\d*) *\| [^|]+ \| (.+) \|$/gm)];
  const numbers = rows.map(([, number]) => Number(number)).filter((number) => number > 0);
  expect(numbers).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  const tests = readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .map(read)
    .join("\n");
  const named = rows.flatMap(([, , names = ""]) => names.slice(1, -1).split("`; `"));
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !tests.includes(`"${name.replaceAll("\\`", "`")}"`))).toEqual([]);
});
