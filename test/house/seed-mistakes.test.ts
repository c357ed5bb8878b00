import { expect, it } from "vitest";
import { filesBelow, read } from "./sources.js";

const tests = filesBelow("test/unit")
  .filter((path) => path.endsWith(".test.ts"))
  .map(read)
  .join("\n");

it.each([
  ["cache", "memory", 18],
  ["ranking", "strategies", 11],
])("every mistake of the seed's %s has tests under these names", (_seed, room, count) => {
  const rows = [...read(`test/unit/${room}/README.md`).matchAll(/^\| (\d+) \| [^|]+ \| `(.+)` \|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  const named = rows.flatMap(([, , names = ""]) => names.split("`; `"));
  expect(named.filter((name) => ![`"${name}"`, `\`${name}\``].some((title) => tests.includes(title)))).toEqual([]);
});
