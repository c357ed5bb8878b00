import ts from "typescript";
import { describe, expect, it } from "vitest";
import { entry } from "../../tsup.config.js";

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");

/** A program of a user's, with a mistake in each line after the third. */
const TYPOS = `import { createRouter, simulated } from "./index.js";
const messages = [{ role: "user" as const, content: "Hello" }];
const router = createRouter({ providers: [simulated()] });
router.chat({ messages }, { timeoutMS: 5 });
router.stream({ messages }, { tennant: "acme" });
router.chat({ messages, temprature: 1 });
router.chat({ messages, tenant: "acme" });
router.chat({ messages }, { deadline: undefined });
createRouter({ providers: [simulated()], stratgy: "adaptive" });
`;
const TYPOS_FILE = "src/of-a-user.ts";

const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.getSourceFile = (file, ...rest) =>
  file === TYPOS_FILE ? ts.createSourceFile(file, TYPOS, ts.ScriptTarget.Latest, true) : getSourceFile(file, ...rest);
host.fileExists = (file) => file === TYPOS_FILE || fileExists(file);
host.readFile = (file) => (file === TYPOS_FILE ? TYPOS : readFile(file));
const program = ts.createProgram([...Object.values(entry), TYPOS_FILE], { ...options, noEmit: true }, host);
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

describe("a misspelt option or field", () => {
  it("is one error, which names it", () => {
    const source = program.getSourceFile(TYPOS_FILE);
    const told = program
      .getSemanticDiagnostics(source)
      .map(({ start = 0, messageText }) => [
        source?.getLineAndCharacterOfPosition(start).line,
        ts.flattenDiagnosticMessageText(messageText, " "),
      ]);
    expect(told).toEqual([
      [3, expect.stringMatching(/^Object literal may only specify known properties, .*'timeoutMS'.*CallOptions/)],
      [4, expect.stringMatching(/'tennant'.*Did you mean to write 'tenant'/)],
      [5, expect.stringMatching(/'temprature'.*Did you mean to write 'temperature'/)],
      [6, expect.stringMatching(/'tenant' does not exist in type 'ChatRequest'/)],
      [7, expect.stringMatching(/'deadline' does not exist in type 'CallOptions/)],
      [8, expect.stringMatching(/'stratgy'.*Did you mean to write 'strategy'/)],
    ]);
  });
});
