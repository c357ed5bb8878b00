import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { sbom } from "../evidence/sbom.js";
import { ROOT, read } from "./sources.js";

interface Named {
  readonly name: string;
}

const manifest = JSON.parse(read("package.json"));
const doors = Object.keys(manifest.exports).filter((door) => door !== "./package.json");

it("workflows name each action by its full commit, with its version beside it", () => {
  const folder = `${ROOT}.github/workflows/`;
  const uses = readdirSync(folder).flatMap((file) =>
    [...readFileSync(`${folder}${file}`, "utf8").matchAll(/uses: (.*)/g)].map(([, action = ""]) => action),
  );
  expect(uses.length).toBeGreaterThan(5);
  expect(uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
});

it("the release workflow publishes with provenance, without a token of npm or JSR, and by the tag of both versions", () => {
  const release = read(".github/workflows/release.yml");
  expect(release).toContain("--provenance");
  expect(release).toContain("id-token: write");
  expect(release).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
});

it("JSR's file names the version and the subpaths of package.json", () => {
  const jsr = JSON.parse(read("jsr.json"));
  expect([jsr.version, jsr.license]).toEqual([manifest.version, manifest.license]);
  expect(Object.keys(jsr.exports)).toEqual(doors);
  const { paths } = JSON.parse(read("tsconfig.json")).compilerOptions;
  for (const door of doors) expect([jsr.exports[door]]).toEqual(paths[door.replace(/^\./, "signalbox")]);
});

it("each subpath has a report of its public face", () => {
  const missing = doors.map((door) => `test/api/${door === "." ? "index" : door.slice(2)}.api.md`);
  expect(missing.filter((file) => !existsSync(`${ROOT}${file}`))).toEqual([]);
});

it("the bill of materials names what is bundled, with version and licence", async () => {
  const { components } = (await sbom()) as { components: readonly (Named & { version: string; licenses: unknown })[] };
  expect(components.map(({ name }) => name)).toEqual([
    "@noble/hashes",
    "eventemitter3",
    "is-network-error",
    "p-retry",
    "quick-lru",
    "uplot",
    "zod",
  ]);
  for (const { name, version, licenses } of components) {
    expect([manifest.devDependencies[name] ?? version, licenses]).toEqual([version, [{ license: { id: "MIT" } }]]);
  }
});
