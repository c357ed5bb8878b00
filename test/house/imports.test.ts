import ts from "typescript";
import { describe, expect, it } from "vitest";
import { complaintAbout, FACES, findCircle } from "./rules.js";
import { type Arrow, arrowsOf, filesBelow, parse, read } from "./sources.js";

const sources = filesBelow("src").filter((path) => path.endsWith(".ts"));
const arrows = sources.flatMap((path) => arrowsOf(path));

describe("the floors of the house", () => {
  it("no arrow runs up or sideways", () => {
    expect(arrows.map(complaintAbout).filter((complaint) => complaint !== null)).toEqual([]);
  });

  it("no arrow runs in a circle", () => {
    expect(findCircle(arrows)).toBeNull();
  });

  it("every arrow points at a file that stands", () => {
    const standing = new Set(sources);
    expect(arrows.filter((arrow) => arrow.to?.startsWith("src/") && !standing.has(arrow.to))).toEqual([]);
  });

  it("a lean router reaches no feature and no option schema that it was not given", () => {
    const reached = new Set(["src/router/lean-router.ts"]);
    for (const path of reached) {
      for (const { to, typeOnly } of arrowsOf(path)) if (to !== null && !typeOnly) reached.add(to);
    }
    const heavy =
      /^src\/(features|preset)\/|options-schema|\/words-|similarity|learner\/learner|replay\/|hedge|escalate|restart|spend\/(budgets|ledger)/;
    expect([...reached].filter((path) => heavy.test(path))).toEqual([]);
  });

  it("the public faces only re-export", () => {
    const others = [...FACES].flatMap((face) =>
      parse(`src/${face}`).statements.filter(
        (statement) => !(ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined),
      ),
    );
    expect(others.map((statement) => statement.getText())).toEqual([]);
  });
});

describe("the rules themselves", () => {
  const arrow = (from: string, text: string): Arrow => arrowsOf(from, text)[0] as Arrow;

  it.each([
    ["up", "src/chat/a.ts", 'import { x } from "../wire/b.js";'],
    ["sideways", "src/memory/a.ts", 'import { x } from "../metrics/b.js";'],
    ["sideways among L2", "src/vendors/a.ts", 'export { x } from "../strategies/b.js";'],
    ["a value in contract", "src/contract/a.ts", 'import { x } from "../chat/b.js";'],
    ["core looks up", "src/core/a.ts", 'import type { X } from "../chat/b.js";'],
    ["lazily up", "src/wire/a.ts", 'const x = import("../engine/b.js");'],
    ["a feature in the router", "src/router/a.ts", 'import { x } from "../features/b.js";'],
    ["a feature in the engine", "src/engine/a.ts", 'import { x } from "../features/b.js";'],
    ["a feature in another one", "src/features/a.ts", 'import { x } from "./b.js";'],
    ["the public face", "src/engine/a.ts", 'import { x } from "../index.js";'],
    ["a door with a class in it", "src/integrations/openai/a.ts", 'import { createRouter } from "../../router/b.js";'],
    ["a door to a door", "src/integrations/openai/a.ts", 'import type { X } from "../redis/b.js";'],
    ["a fifth library", "src/router/a.ts", 'import x from "lodash";'],
    ["a module of Node's", "src/wire/a.ts", 'import { createHash } from "node:crypto";'],
    ["a module of Node's in a door", "src/integrations/openai/a.ts", 'import { createHash } from "node:crypto";'],
    ["out of the house", "src/router/a.ts", 'import x from "../../test/b.js";'],
  ])("refuse %s", (_name, from, text) => {
    expect(complaintAbout(arrow(from, text))).not.toBeNull();
  });

  it.each([
    ["down", "src/engine/a.ts", 'import { x } from "../memory/b.js";'],
    ["types in contract", "src/contract/a.ts", 'import type { X } from "../chat/b.js";'],
    ["within a room", "src/wire/openai/a.ts", 'import { x } from "../sse.js";'],
    ["a door to the ground", "src/integrations/openai/a.ts", 'import { x } from "../../chat/b.js";'],
    ["a door naming a type", "src/integrations/openai/a.ts", 'import type { Router } from "../../router/b.js";'],
  ])("allow %s", (_name, from, text) => {
    expect(complaintAbout(arrow(from, text))).toBeNull();
  });

  it("only one file asks for what Node alone has", () => {
    const nodeOnly = /\b(?:Buffer|process|setImmediate|require)\s*[.(]/;
    const asking = sources
      .filter((path) => !path.startsWith("src/testing/") && path !== "src/core/platform.ts")
      .filter((path) => nodeOnly.test(read(path).replace(/^\s*(?:\/?\*|\/\/).*$/gm, "")));
    expect(asking).toEqual([]);
  });

  it("see a circle, also through types", () => {
    const circle = [
      arrow("src/core/a.ts", 'import { x } from "./b.js";'),
      arrow("src/core/b.ts", 'import type { X } from "./c.js";'),
      arrow("src/core/c.ts", 'export * from "./a.js";'),
    ];
    expect(findCircle(circle)).toEqual(["src/core/a.ts", "src/core/b.ts", "src/core/c.ts", "src/core/a.ts"]);
    expect(findCircle(circle.slice(0, 2))).toBeNull();
  });
});
