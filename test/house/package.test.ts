import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, ROOT, read } from "./sources.js";

interface Manifest {
  readonly exports: Record<string, string | Record<string, Record<string, string>>>;
  readonly scripts: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional: boolean }>;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const doors = Object.keys(manifest.exports).filter((key) => key !== "./package.json");
const nameOf = (door: string): string => (door === "." ? "index" : door.slice(2));

describe("package.json", () => {
  it("exports, build entries and compiler paths name the same doors", () => {
    const entry = /export const entry = (\{[\s\S]*?\n\});?/.exec(read("tsup.config.ts"))?.[1] ?? "";
    const entries = [...entry.matchAll(/^\s*"?([\w-]+)"?: "(.+)",$/gm)].map(([, name, file]) => [name, file]);
    expect(entries.map(([name]) => name).sort()).toEqual(doors.map(nameOf).sort());

    const { compilerOptions } = JSON.parse(read("tsconfig.json"));
    const paths = Object.entries(compilerOptions.paths as Record<string, string[]>).map(([name, [file]]) => [
      name === "signalbox" ? "index" : name.replace("signalbox/", ""),
      file?.replace("./", ""),
    ]);
    expect(paths.sort()).toEqual(entries.sort());
  });

  it("every door has types first, for import and for require", () => {
    for (const door of doors) {
      const name = nameOf(door);
      expect(manifest.exports[door]).toEqual({
        import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
        require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
      });
    }
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
