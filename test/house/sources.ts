import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The project's top folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const LEFT_OUT = new Set(["node_modules", "dist", "coverage", "docs-api", "reports", ".git", ".stryker-tmp"]);

/** Every file below `folder`, as paths from the top with forward slashes. */
export function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const name of readdirSync(path).sort()) {
      if (LEFT_OUT.has(name)) continue;
      const next = join(path, name);
      if (statSync(next).isDirectory()) walk(next);
      else found.push(relative(ROOT, next).split(sep).join("/"));
    }
  };
  walk(join(ROOT, folder));
  return found;
}

export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

export const parse = (path: string, text = read(path)): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);

export interface Arrow {
  readonly from: string;
  readonly specifier: string;
  /** The file it points at; `null` for a package. */
  readonly to: string | null;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

/** Every import, re-export, `import()` and `import("...")` type of a file. */
export function arrowsOf(path: string, text?: string): Arrow[] {
  const arrows: Arrow[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const to = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts") : null;
    arrows.push({ from: path, specifier, to, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, node.importClause !== undefined && isTypeOnly(node.importClause));
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      const named =
        node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : [];
      add(
        node.moduleSpecifier.text,
        node.isTypeOnly || (named.length > 0 && named.every((element) => element.isTypeOnly)),
      );
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      add(node.argument.literal.text, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined && ts.isStringLiteral(specifier)) add(specifier.text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(path, text));
  return arrows;
}

function isTypeOnly(clause: ts.ImportClause): boolean {
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}
