import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The generated module: the plotting library as strings, so that it works wherever the code does. */
export const TARGET = new URL("../../../../src/integrations/report/uplot-source.ts", import.meta.url);

/** What {@link TARGET} must hold for the installed version. */
export function uplotSource(): string {
  const home = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  const read = (path: string): string => readFileSync(join(home, path), "utf8").trim();
  const { version } = JSON.parse(read("package.json")) as { version: string };
  /** As the formatter would write it; `${` escaped, so that the library's templates are not taken for forgotten ones. */
  const literal = (text: string): string => {
    const double = JSON.stringify(text).replaceAll("${", "\\u0024{");
    if (text.split('"').length <= text.split("'").length) return double;
    return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  };
  const constant = (name: string, text: string): string => `export const ${name} =\n  ${literal(text)};\n`;
  return [
    `// uPlot ${version}, written by test/unit/integrations/report/inline-uplot.ts. Not to be edited by hand.\n`,
    constant("UPLOT_LICENSE", read("LICENSE")),
    constant("UPLOT_CSS", read("dist/uPlot.min.css")),
    // Its banner names its home; without the scheme a page holds no address at all, and a search for one finds none.
    constant("UPLOT_JS", read("dist/uPlot.iife.min.js").replace("https://", "")),
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, uplotSource());
