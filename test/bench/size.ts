import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { IMPORTS, installTarball, kbOf } from "./bundle.js";
import { print, type Row } from "./row.js";

const rows: Row[] = [];
const over: string[] = [];
const folder = mkdtempSync(`${tmpdir()}/signalbox-size-`);
installTarball(folder);
for (const { what, code, targetKb, maxKb } of IMPORTS) {
  const value = await kbOf(code, folder);
  rows.push({
    what,
    value,
    unit: "kB",
    target: targetKb,
    note: maxKb === undefined ? undefined : `may not pass ${maxKb}`,
  });
  if (maxKb !== undefined && value > maxKb) over.push(`${what}: ${value.toFixed(1)} kB, may not pass ${maxKb}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(
  print({
    name: "size",
    about: "what an app ships, minified and zipped, dependencies included; by esbuild from the packed tarball",
    rows,
  }),
);
if (over.length > 0) {
  console.error(`\n${over.join("\n")}`);
  process.exitCode = 1;
}
