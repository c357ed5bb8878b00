import { IMPORTS, kbOf } from "./bundle.js";
import { print, type Row } from "./row.js";

const rows: Row[] = [];
const over: string[] = [];
for (const { what, code, targetKb, maxKb } of IMPORTS) {
  const value = await kbOf(code);
  rows.push({
    what,
    value,
    unit: "kB",
    target: targetKb,
    note: maxKb === undefined ? undefined : `may not pass ${maxKb}`,
  });
  if (maxKb !== undefined && value > maxKb) over.push(`${what}: ${value.toFixed(1)} kB, may not pass ${maxKb}`);
}
console.log(
  print({
    name: "size",
    about: "minified and zipped, dependencies included; bundled from the source, where unused files fall away whole",
    rows,
  }),
);
if (over.length > 0) {
  console.error(`\n${over.join("\n")}`);
  process.exitCode = 1;
}
