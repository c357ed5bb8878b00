import ts from "typescript";
import { describe, expect, it } from "vitest";
import { entry } from "../../tsup.config.js";

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
const program = ts.createProgram(Object.values(entry), { ...options, noEmit: true });
const checker = program.getTypeChecker();

/** The members that editors list: those of interfaces, classes and object types which stand on lines of their own. */
function membersOf(declaration: ts.Declaration): readonly (ts.TypeElement | ts.ClassElement)[] {
  if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) return [...declaration.members];
  if (!ts.isTypeAliasDeclaration(declaration)) return [];
  const found: ts.TypeElement[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeLiteralNode(node) && node.getText().includes("\n")) found.push(...node.members);
    ts.forEachChild(node, visit);
  };
  visit(declaration.type);
  return found;
}

function isPublic(member: ts.TypeElement | ts.ClassElement): boolean {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false;
  const modifiers = ts.canHaveModifiers(member) ? ts.getModifiers(member) : undefined;
  return !modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
}

function isSilent(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length === 0 && symbol.getJsDocTags(checker).length === 0;
}

describe("hover texts", () => {
  it("every export of every entry, and every member of its type, has one", () => {
    const seen = new Set<ts.Symbol>();
    const silent: string[] = [];
    const look = (symbol: ts.Symbol, name: string): void => {
      if (seen.has(symbol)) return;
      seen.add(symbol);
      if (isSilent(symbol)) silent.push(name);
    };
    for (const file of Object.values(entry)) {
      const source = program.getSourceFile(file);
      const module = source && checker.getSymbolAtLocation(source);
      expect(module, file).toBeDefined();
      for (const exported of module ? checker.getExportsOfModule(module) : []) {
        const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
        const own = (symbol.declarations ?? []).filter((each) => each.getSourceFile().fileName.includes("/src/"));
        if (own.length > 0) look(symbol, `${file}: ${symbol.name}`);
        for (const member of own.flatMap(membersOf)) {
          const known = member.name && isPublic(member) ? checker.getSymbolAtLocation(member.name) : undefined;
          if (known) look(known, `${file}: ${symbol.name}.${member.name?.getText()}`);
        }
      }
    }
    expect(silent).toEqual([]);
    expect(seen.size).toBeGreaterThan(1_000);
  });
});
