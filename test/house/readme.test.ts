import { describe, expect, it } from "vitest";
import { TABLES, tableIn } from "../evidence/readme.js";
import { filesBelow, read } from "./sources.js";

const readme = read("README.md");

it.each(TABLES)("$page shows the table of $name as it is; otherwise `npm run readme`", ({ page, name, make }) => {
  expect(tableIn(read(page), name)).toBe(make());
});

describe("README.md", () => {
  it("links absolutely, so that every link works on npm too, and to files that stand", () => {
    const standing = new Set(filesBelow("."));
    const links = [...readme.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link as string);
    const there = (path: string): boolean =>
      standing.has(path) || [...standing].some((file) => file.startsWith(`${path}/`));
    expect(links.filter((link) => !link.startsWith("https://"))).toEqual([]);
    const own = links.filter((link) =>
      /^https:\/\/github\.com\/signalbox-js\/signalbox\/(?:blob|tree)\/main\//.test(link),
    );
    expect(own.length).toBeGreaterThan(5);
    expect(own.map((link) => link.replace(/^.*?\/main\//, "")).filter((path) => !there(path))).toEqual([]);
  });
});
