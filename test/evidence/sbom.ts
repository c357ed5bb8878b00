/**
 * `npm run sbom`: prints a bill of materials (CycloneDX 1.6) of what the package holds: the code of others that is
 * bundled into it. Read from the modules that the entries reach, so it names what is there and nothing else.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { entry } from "../../tsup.config.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly peerDependencies?: { readonly [name: string]: string };
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Manifest;

/** The packages whose code ends up in ours, sorted by name. */
export async function bundledPackages(): Promise<readonly Manifest[]> {
  const { peerDependencies = {} } = manifestOf(ROOT);
  const peers = Object.keys(peerDependencies);
  const { metafile } = await build({
    entryPoints: Object.values(entry),
    absWorkingDir: ROOT,
    external: [...peers, ...peers.map((name) => `${name}/*`)],
    bundle: true,
    write: false,
    metafile: true,
    outdir: "dist",
    format: "esm",
    platform: "node",
  });
  const folders = new Map<string, string>();
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
    if (found) folders.set(found[2] as string, found[1] as string);
  }
  const packages = [...folders.values()].map((folder) => manifestOf(`${ROOT}${folder}`));
  // The report's plotting library stands in the source as text.
  packages.push(
    manifestOf(
      createRequire(import.meta.url)
        .resolve("uplot/package.json")
        .replace(/\/package\.json$/, ""),
    ),
  );
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const purl = ({ name, version }: Manifest): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

const component = (of: Manifest, type: "library") => ({
  type,
  "bom-ref": purl(of),
  name: of.name,
  version: of.version,
  purl: purl(of),
  ...(of.license === undefined ? {} : { licenses: [{ license: { id: of.license } }] }),
});

/** The bill of materials, as CycloneDX has it. */
export async function sbom(): Promise<object> {
  const own = manifestOf(ROOT);
  const packages = await bundledPackages();
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: component(own, "library") },
    components: packages.map((each) => component(each, "library")),
    dependencies: [{ ref: purl(own), dependsOn: packages.map(purl) }],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(await sbom(), null, 2)}\n`);
}
