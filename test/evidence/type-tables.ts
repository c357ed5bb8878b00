/** Tables of options and events, read from the comments of the types themselves. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Member {
  readonly name: string;
  readonly says: string;
  readonly default: string;
  readonly type: ts.TypeNode | undefined;
}

/** The members of an interface, with what their comments say. */
function membersOf(file: string, name: string): readonly Member[] {
  const source = ts.createSourceFile(file, readFileSync(`${ROOT}${file}`, "utf8"), ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  if (!found) throw new Error(`${file} has no ${name}`);
  return found.members.flatMap((member) => {
    if (!ts.isPropertySignature(member) || !member.name) return [];
    const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
    const fallback = doc?.tags?.find(({ tagName }) => tagName.text === "default");
    return [
      {
        name: member.name.getText(source),
        says: textOf(doc?.comment),
        default: textOf(fallback?.comment),
        type: member.type,
      },
    ];
  });
}

/** A comment on one line, links as their text, fit for a cell. */
function textOf(comment: ts.JSDoc["comment"]): string {
  const whole = typeof comment === "string" ? comment : (ts.getTextOfJSDocComment(comment) ?? "");
  const plain = whole.replace(/\{@link (?:[^}|]*\|)?([^}]*)\}/g, "`$1`");
  return plain.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const code = (word: string): string => `\`${word}\``;

/** An option's default as code; words stay words. */
const defaultOf = (word: string): string => (/^[\d_.]+$|^"[^"]*"$|^(?:true|false)$/.test(word) ? code(word) : word);

const sentence = (text: string): string => text.replace(/\.$/, "");

/** Options: what each does and its default. */
export function optionsTable(file: string, name: string): string {
  const rows = membersOf(file, name).map((member) => [
    code(member.name),
    sentence(member.says),
    defaultOf(member.default),
  ]);
  return table(["option", "what it does", "default"], rows);
}

/** Events: when each is emitted and which members it carries. */
export function eventsTable(): string {
  const rows = membersOf("src/contract/events.ts", "EventMap").map(({ name, says, type }) => [
    code(name),
    sentence(says),
    carriedBy(type),
  ]);
  return table(["event", "when", "what it carries"], rows);
}

function carriedBy(type: ts.TypeNode | undefined): string {
  if (type && ts.isTypeLiteralNode(type))
    return type.members.map((member) => code((member as ts.PropertySignature).name.getText())).join(", ");
  const named = type?.getText() ?? "";
  const file = "src/contract/records.ts";
  return `${code(named)}: ${membersOf(file, named)
    .map(({ name }) => code(name))
    .join(", ")}`;
}
