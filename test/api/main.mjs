/**
 * `npm run api`: writes the public face of each subpath to `test/api/NAME.api.md`. With `--check` it writes nothing and
 * fails if a file differs. What is compared are the declarations that the compiler makes of `src`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));
const check = process.argv.includes("--check");

/** The subpaths and their sources, as the compiler's paths name them; a test keeps these in step with `exports`. */
const tsconfig = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile).config;
const faces = Object.entries(tsconfig.compilerOptions.paths).map(([name, [file]]) => ({
  name: name === "signalbox" ? "index" : name.replace("signalbox/", ""),
  file: file.replace("./", ""),
}));

const types = mkdtempSync(join(tmpdir(), "signalbox-types-"));
try {
  declare();
  const changed = faces.filter((face) => !report(face)).map(({ name }) => `test/api/${name}.api.md`);
  if (check && changed.length > 0) {
    process.stderr.write(
      `Not as the code is: ${changed.join(", ")}. Run \`npm run api\` and look at the difference.\n`,
    );
    process.exitCode = 1;
  } else process.stdout.write(`${faces.length} subpaths, ${changed.length} changed\n`);
} finally {
  rmSync(types, { recursive: true, force: true });
}

/** Writes the declarations of everything that the subpaths reach. */
function declare() {
  const { options } = ts.convertCompilerOptionsFromJson(tsconfig.compilerOptions, ROOT);
  const emit = { declaration: true, emitDeclarationOnly: true, noEmit: false, rootDir: ROOT, outDir: types };
  const program = ts.createProgram(
    faces.map(({ file }) => join(ROOT, file)),
    { ...options, ...emit },
  );
  const { diagnostics } = program.emit();
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  writeFileSync(join(types, "package.json"), readFileSync(join(ROOT, "package.json")));
  // Types of peers are looked up from here.
  symlinkSync(join(ROOT, "node_modules"), join(types, "node_modules"));
}

/** Whether the file of this subpath was as the code is. */
function report({ name, file }) {
  const temp = join(types, "reports");
  mkdirSync(temp, { recursive: true });
  const silent = { default: { logLevel: "none" } };
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: types,
      mainEntryPointFilePath: join(types, file.replace(/\.ts$/, ".d.ts")),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2022",
            lib: tsconfig.compilerOptions.lib,
            module: "NodeNext",
            moduleResolution: "NodeNext",
            strict: true,
            skipLibCheck: true,
            types: ["node"],
          },
          include: ["src/**/*"],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: HERE,
        reportTempFolder: temp,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(types, "package.json"),
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback: (message) => {
      // It names the temporary folder, and the summary says the same.
      message.handled = true;
    },
  });
  return !apiReportChanged;
}
