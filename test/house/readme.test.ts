import { describe, expect, it } from "vitest";
import { errorsTable, tableIn } from "../evidence/errors-table.js";
import { read } from "./sources.js";

describe("README.md", () => {
  it("shows the policy table as it is; otherwise `npm run errors-table -- --write`", () => {
    expect(tableIn(read("README.md"))).toBe(errorsTable());
  });
});
