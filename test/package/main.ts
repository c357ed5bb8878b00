import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const consumers = join(root, "test/package/consumers");
const work = mkdtempSync(join(tmpdir(), "signalbox-package-"));
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};

/** What an install may take, bytes. */
const MAX_UNPACKED = 2_150_000;

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** Makes an empty project and installs packages into it, as a user would. */
function project(name: string, type: "module" | "commonjs", packages: readonly string[]): string {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type }));
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...packages], folder);
  return folder;
}

/** The packages that the published declarations name. */
function namedInTypes(): string[] {
  const names = new Set<string>();
  for (const file of readdirSync(join(root, "dist")).filter((name) => /\.d\.c?ts$/.test(name))) {
    for (const [, specifier = ""] of readFileSync(join(root, "dist", file), "utf8").matchAll(
      /^(?:import|export)\b[^;]*? from ['"]([^.'"][^'"]*)['"]/gm,
    )) {
      if (!specifier.startsWith("node:")) names.add(specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"));
    }
  }
  return [...names].sort();
}

function checkContents(tarball: { files: { path: string }[]; size: number; unpackedSize: number }): void {
  const paths = tarball.files.map(({ path }) => path);
  const strangers = paths.filter(
    (path) => !/^(dist\/|docs\/(guide|migration)\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path),
  );
  expect(strangers.length === 0, `the tarball holds ${strangers.join(", ")}`);
  expect(paths.includes("dist/THIRD-PARTY-NOTICES.txt"), "the tarball lacks the notices of what is bundled");
  const required = new Set<string>();
  for (const file of readdirSync(join(root, "dist/node"))) {
    for (const [, name = ""] of readFileSync(join(root, "dist/node", file), "utf8").matchAll(
      /\brequire\(["'`]([^.'"`][^'"`]*)["'`]\)/g,
    )) {
      if (!name.startsWith("node:")) required.add(name);
      else expect(file === "testing.cjs" || file === "undici.cjs", `${file} requires ${name}`);
    }
  }
  for (const path of paths.filter((path) => path.startsWith("dist/module/"))) {
    const [, name] = /\b(?:from|import)\s*["'`](node:[^"'`]+)/.exec(readFileSync(join(root, path), "utf8")) ?? [];
    expect(name === undefined, `${path} imports ${name}`);
  }
  expect(tarball.unpackedSize <= MAX_UNPACKED, `${tarball.unpackedSize} bytes unpacked, at most ${MAX_UNPACKED}`);
  const peers = new Set(["@opentelemetry/api", "prom-client", "undici"]);
  const others = [...required].filter((name) => !peers.has(name));
  expect(others.length === 0, `the CJS build requires ${others.join(", ")}`);
  console.log(
    `tarball: ${paths.length} files, ${(tarball.size / 1_000).toFixed(0)} kB packed, ${(tarball.unpackedSize / 1_000).toFixed(0)} kB unpacked`,
  );
}

/** Installs nothing but the tarball. */
function checkRuntime(tarball: string): void {
  const folder = project("plain", "module", [tarball]);
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as {
    packages: Record<string, unknown>;
  };
  const packages = Object.keys(lock.packages)
    .filter(Boolean)
    .map((path) => path.replace("node_modules/", ""));
  for (const file of ["run.mjs", "run.cjs"]) {
    copyFileSync(join(consumers, file), join(folder, file));
    process.stdout.write(run(process.execPath, ["--throw-deprecation", file], folder).split("\n").slice(-2).join("\n"));
  }
  console.log(`installed: ${packages.length} packages: ${packages.join(", ")}`);
  checkTypesAlone(folder);
}

/** Compiles against the tarball alone, not even Node's types beside it; three doors name types of their peers. */
function checkTypesAlone(folder: string): void {
  const doors = [
    "signalbox",
    ...["openai", "anthropic", "keyv", "redis", "report", "testing"].map((door) => `signalbox/${door}`),
  ];
  writeFileSync(join(folder, "alone.ts"), doors.map((door) => `export type {} from "${door}";`).join("\n"));
  const shared = { ...STRICT, noEmit: true, target: "ES2022", lib: ["ES2023", "DOM"], types: [] };
  const config = join(folder, "tsconfig.json");
  const compilerOptions = { ...shared, module: "nodenext", moduleResolution: "nodenext" };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ["alone.ts"] }));
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], folder);
  console.log("types ok: the tarball alone");
}

/** Compiles a program that names every door, without skipLibCheck. */
function checkTypes(tarball: string): void {
  const peers = [...new Set([...namedInTypes(), "@opentelemetry/api", "prom-client", "undici"])].filter(
    (name) => devDependencies[name],
  );
  // What declarations of @ai-sdk/provider need and do not bring along.
  const missing = "@types/json-schema";
  const packages = [tarball, "@types/node", missing, ...peers].map((name) =>
    devDependencies[name] ? `${name}@${devDependencies[name]}` : name,
  );
  const folder = project("types", "module", packages);
  const doors = ["ai-sdk", "anthropic", "keyv", "openai", "otel", "prometheus", "redis", "report", "testing", "undici"];
  const open = doors.map(
    (door) => `await import("signalbox/${door}"); createRequire(import.meta.url)("signalbox/${door}");`,
  );
  run(
    process.execPath,
    ["--input-type=module", "-e", `import { createRequire } from "node:module"; ${open.join(" ")}`],
    folder,
  );
  console.log(`doors open with their peers: ${peers.join(", ")}`);
  copyFileSync(join(consumers, "app.ts"), join(folder, "app.ts"));
  copyFileSync(join(consumers, "app.ts"), join(folder, "required.cts"));
  const shared = { ...STRICT, noEmit: true, target: "ES2022", lib: ["ES2023", "DOM", "DOM.Iterable"], types: ["node"] };
  for (const [module, moduleResolution, files] of [
    ["node16", "node16", ["app.ts", "required.cts"]],
    ["nodenext", "nodenext", ["app.ts", "required.cts"]],
    ["esnext", "bundler", ["app.ts"]],
    ["commonjs", "node10", ["app.ts"]],
  ] as const) {
    const config = join(folder, `tsconfig.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...shared, module, moduleResolution }, files }));
    run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], folder);
    console.log(`types ok: ${moduleResolution}`);
  }
}

try {
  const [tarball] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", work], root));
  checkContents(tarball);
  checkRuntime(join(work, tarball.filename));
  checkTypes(join(work, tarball.filename));
} finally {
  rmSync(work, { recursive: true, force: true });
}
