import { describe, expect, it } from "vitest";
import { TABLES, tableIn } from "../evidence/readme.js";
import { filesBelow, read } from "./sources.js";

const readme = read("README.md");
const unindented = (text: string): string => text.replace(/^ +/gm, "");

it.each(TABLES)("$page shows the table of $name as it is; otherwise `npm run readme`", ({ page, name, make }) => {
  expect(tableIn(read(page), name)).toBe(make());
});

describe("README.md", () => {
  it("prints only programs that stand in an example or a type test, which the tests run", () => {
    const programs = [...filesBelow("examples"), "test/types/design-programs.ts", "test/types/design-strategy.ts"]
      .filter((path) => path.endsWith(".ts"))
      .map((path) => unindented(read(path)));
    const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => unindented(block ?? "").trim());
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.filter((block) => !programs.some((program) => program.includes(block)))).toEqual([]);
  });

  it("links to files that stand", () => {
    const standing = new Set(filesBelow("."));
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link as string);
    const there = (link: string): boolean =>
      standing.has(link) || [...standing].some((path) => path.startsWith(`${link}/`));
    expect(links.filter((link) => !there(link))).toEqual([]);
  });
});
