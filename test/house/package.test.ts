import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, ROOT, read } from "./sources.js";

interface Manifest {
  readonly exports: Record<string, string | Record<string, Record<string, string>>>;
  readonly typesVersions: Record<"*", Record<string, string[]>>;
  readonly scripts: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional: boolean }>;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const doors = Object.keys(manifest.exports).filter((key) => key !== "./package.json");
const nameOf = (door: string): string => (door === "." ? "index" : door.slice(2));

const build = read("tsup.config.ts");
const entry = new Map(
  [...(/export const entry = \{([\s\S]*?)\n\}/.exec(build)?.[1]?.matchAll(/^\s*"?([\w-]+)"?: "(.+)",$/gm) ?? [])].map(
    ([, name = "", file = ""]) => [name, file] as const,
  ),
);
const whole = [...(/export const whole = \[(.*)\]/.exec(build)?.[1]?.matchAll(/"([\w-]+)"/g) ?? [])].map(
  ([, name]) => name,
);

describe("package.json", () => {
  it("exports, build entries and compiler paths name the same doors", () => {
    expect([...entry.keys()].sort()).toEqual(doors.map(nameOf).sort());

    const { compilerOptions } = JSON.parse(read("tsconfig.json"));
    const paths = Object.entries(compilerOptions.paths as Record<string, string[]>).map(([name, [file]]) => [
      name === "signalbox" ? "index" : name.replace("signalbox/", ""),
      file?.replace("./", ""),
    ]);
    expect(paths.sort()).toEqual([...entry].sort());
  });

  it("every door has types first, one file for Node, and its modules for bundlers unless it is used whole", () => {
    for (const door of doors) {
      const name = nameOf(door);
      const types = `./dist/${name}.d.ts`;
      const require = { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` };
      const module = `./dist/module/${entry.get(name)?.replace("src/", "").replace(".ts", ".js")}`;
      expect(manifest.exports[door]).toEqual(
        whole.includes(name)
          ? { import: { types, default: `./dist/${name}.js` }, require }
          : {
              module: { types, default: module },
              import: { types, node: `./dist/${name}.js`, default: module },
              require,
            },
      );
    }
  });

  it("the oldest way of TypeScript to look for types finds every subpath", () => {
    const names = doors.map(nameOf).filter((name) => name !== "index");
    expect(manifest.typesVersions["*"]).toEqual(
      Object.fromEntries(names.map((name) => [name, [`./dist/${name}.d.cts`]])),
    );
  });

  it("every script points at a file that stands", () => {
    const missing = Object.entries(manifest.scripts).flatMap(([name, command]) =>
      [...command.matchAll(/(?:\.ci\/|test\/|examples\/)[\w./-]+/g)]
        .map(([file]) => file)
        .filter((file) => !existsSync(join(ROOT, file)))
        .map((file) => `${name}: ${file}`),
    );
    expect(missing).toEqual([]);
  });

  it("every script that a page names exists", () => {
    const pages = filesBelow(".").filter((path) => path.endsWith(".md"));
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([a-z][\w:-]*)/g)]
        .map(([, script]) => script as string)
        .filter((script) => manifest.scripts[script] === undefined)
        .map((script) => `${page}: ${script}`),
    );
    expect(missing).toEqual([]);
  });

  it("development versions are exact, peers optional, what is needed at run time is bundled", () => {
    expect(Object.entries(manifest.devDependencies).filter(([, version]) => !/^\d/.test(version))).toEqual([]);
    expect(
      Object.keys(manifest.peerDependencies).filter((peer) => manifest.peerDependenciesMeta[peer]?.optional !== true),
    ).toEqual([]);
    expect(manifest.dependencies).toBeUndefined();
  });
});
