import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { ROOT, read } from "./sources.js";

/** Everything that users set: what the doors export under a name that ends so. */
const SETTABLE = /(Options|Settings)$/;

it("says of every public option what it is, and of one that may be left out its default", { timeout: 120_000 }, () => {
  const faces = (JSON.parse(read("typedoc.json")).entryPoints as string[]).map((path) => join(ROOT, path));
  const config = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile).config;
  const program = ts.createProgram(faces, ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options);
  const checker = program.getTypeChecker();
  const silent = new Set<string>();
  let seen = 0;
  for (const face of faces) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(face)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      if (!SETTABLE.test(exported.name)) continue;
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      for (const property of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        const own = property.declarations?.[0]?.getSourceFile().fileName.startsWith(join(ROOT, "src"));
        if (own !== true) continue;
        seen += 1;
        const says = property.getDocumentationComment(checker).length > 0;
        const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
        const defaults = property.getJsDocTags(checker).some(({ name }) => name === "default");
        if (!says || (optional && !defaults)) silent.add(`${exported.name}.${property.name}`);
      }
    }
  }
  expect([...silent]).toEqual([]);
  expect(seen).toBeGreaterThan(150);
});
